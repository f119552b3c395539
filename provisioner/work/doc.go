// Package work does what is in a queue, puts off what cannot be done yet, and lets no
// heketi keep all workers busy.
package work
