// Package commandline reads the arguments of a command whose flags are in groups, answers
// --help and --version, starts the log as they say, and runs what serves until a signal ends it.
package commandline
