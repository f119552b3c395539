// Package host runs GlusterFS as the first process of a container does: it brings the bricks, starts glusterd, starts
// it again without its bricks when it dies, tells what does not run and why, and ends all of it in order.
//
// Bricks are processes that glusterd starts and that outlive it. So a glusterd that dies costs nothing but the time until
// the next one, and the end of the container is the end of the bricks.
package host
