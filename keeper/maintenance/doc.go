// Package maintenance keeps apart whoever takes bricks of GlusterFS pods away: kubectl glusterfs rollout, which replaces the pods,
// and the keeper of a heketi, which drains disks and nodes. Each takes a brick away only while all others are there. Two that look in
// the same moment would both see that, and then take one away each.
//
// So there is a Lease in the namespace of the GlusterFS pods, as of client-go's leader election. Whoever takes bricks away holds it
// from before it looks. Package leaderelection itself is not used: it can only be waited for, it tells neither why it does not get the
// Lease nor since when another one has it, and it logs into the terminal of a person.
package maintenance
