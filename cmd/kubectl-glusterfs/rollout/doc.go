// Package rollout replaces the pods of GlusterFS hosts one by one. It takes the next one only when nothing is
// missing: each pod is ready, each brick is served and reached by all clients, and no file waits to be healed.
//
// It keeps nothing. What there is to do follows from what is, so it can end at any point, and goes on when it is run again.
package rollout
