// Package installed names what deploy/ installs, for the commands that are installed by it and
// those that look for it.
package installed
