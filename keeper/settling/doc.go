// Package settling settles what heketi was interrupted in, by what gluster has. It finishes in heketi's
// database the expansions that gluster has finished, and has heketi undo what gluster has nothing of.
// What is not certain is left as it is, and told.
//
// It does all of it while no client of heketi is let in. So nobody else asks heketi for the same, and
// what was seen in gluster stays as it was seen.
package settling
