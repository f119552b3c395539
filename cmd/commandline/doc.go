// Package commandline reads the arguments of a command whose flags are in groups, and
// answers --help and --version.
package commandline
