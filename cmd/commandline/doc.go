// Package commandline reads the arguments of a command whose flags are in groups, answers
// --help and --version, and starts the log as they say.
package commandline
