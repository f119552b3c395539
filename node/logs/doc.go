// Package logs bounds the logs that GlusterFS clients of volumes write, in size and in number.
// Where no package of GlusterFS is installed, nothing rotates them, and a volume that is
// deleted leaves its log. What explains the last failure of a volume stays.
package logs
