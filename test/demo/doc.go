// Command demo shows the provisioner's main job on a real control plane and a
// real heketi: a claim becomes Bound, and its deletion leaves nothing behind.
package main
