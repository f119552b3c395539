package limit

import (
	"context"
	"strings"
)

// largest is the first size, in GiB, that a cluster is filled with. It is less than a
// device of heketi's mock executor has.
const largest = 256

// noSpace is what heketi says of a cluster without room (ErrNoSpace of heketi 10.3).
const noSpace = "No space"

// Fill makes volumes until the cluster has no room for any more, not even for one of
// 1 GiB.
func (c *Caller) Fill(ctx context.Context) error {
	for sizeGiB := largest; sizeGiB > 0; {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		_, err := c.create(0, sizeGiB)
		switch {
		case err == nil:
		case strings.Contains(err.Error(), noSpace):
			sizeGiB /= 2
		default:
			return err
		}
	}
	return nil
}
