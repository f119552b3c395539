package heketi

import (
	"context"
	"errors"
)

// Volume returns the volume of that id, which was in that cluster. The error wraps
// ErrNotFound if a heketi that knows the cluster does not show such a volume, which
// is so while it is being made or deleted, too, and ErrForeign if heketi does not
// know the cluster either.
func (c *Client) Volume(ctx context.Context, id, cluster string) (*Volume, error) {
	found, err := c.Get(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	if foreign := c.expectCluster(ctx, id, cluster); foreign != nil {
		return nil, foreign
	}
	return nil, err
}
