// Package usage reads what a process has cost so far, from Linux' /proc.
package usage
