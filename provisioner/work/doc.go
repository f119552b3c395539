// Package work does what is in a queue, and puts off what cannot be done yet.
package work
