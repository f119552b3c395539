// Package glustercli asks gluster, by its command in a GlusterFS pod, how a volume is, and says what keeps it from being whole: what has to
// be there before a brick is taken away.
package glustercli
