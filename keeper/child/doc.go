// Package child runs heketi as a child process, of which nobody else knows the keys.
//
// heketi listens on all addresses, and has no setting that would change it. So it is started
// with keys that are made anew each time, and whoever does not have them can only ask whether it
// is there.
package child
