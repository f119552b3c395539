// Package heketi makes, finds, expands and deletes volumes in heketi. It is the only
// package that uses heketi's Go client. It adds what that client lacks: contexts,
// time-outs, errors with a type, creation that may be repeated, and a bound on the
// operations under way in each heketi.
//
// heketi answers what takes it time with 202 and the address of a job, which is polled. It
// tells the job's outcome once and forgets it, and it forgets all jobs when it restarts.
// So an error here always says which of two things is true: either heketi certainly did
// nothing, or the error wraps ErrInterrupted, and the operation may have happened or may
// still happen.
//
// Asking again settles that. Volumes are made under a name that is theirs alone. A second
// Delete of the same volume is answered by heketi itself. A second Expand begins with what
// heketi has under way and the size that it has.
package heketi
