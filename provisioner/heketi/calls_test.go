package heketi

import "context"

// call is one of the things that a client is asked for; it is about what the
// scripts are about.
type call func(context.Context, *Client) error

func create(ctx context.Context, c *Client) error {
	_, err := c.Create(ctx, spec(), false)
	return err
}

func createAgain(ctx context.Context, c *Client) error {
	_, err := c.Create(ctx, spec(), true)
	return err
}

func createAnywhere(ctx context.Context, c *Client) error {
	_, err := c.Create(ctx, anywhere(), false)
	return err
}

func remove(ctx context.Context, c *Client) error { return c.Delete(ctx, v1Ref) }

func find(ctx context.Context, c *Client) error {
	_, err := c.Find(ctx, "pvc-1", nil)
	return err
}

func show(ctx context.Context, c *Client) error {
	_, err := c.Get(ctx, "v1")
	return err
}
