package heketi

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"

	"glusterfs-provisioner/provisioner/gluster"
)

// dumpAge is how long a dump is kept. A new leader looks many volumes up within that time.
// For these any dump is new enough that began since it leads.
const dumpAge = 30 * time.Second

// database returns what heketi's database has, for an operation, whose name the error
// gets. A dump is the one answer of heketi that has the volumes' names, and the volumes
// that are still being made or deleted. It is large, so one is read at a time. It is
// shared by all who take a dump that began since the time they give. Zero stands for now.
// The dump must not be changed.
func (c *Client) database(ctx context.Context, operation string, since time.Time) (*gluster.Dump, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if since.IsZero() {
		since = time.Now()
	}
	dump, err := c.backend.dumps.after(ctx, since, c.credentials, c.readDatabase)
	if err != nil {
		return nil, c.shared(operation, err)
	}
	return dump, nil
}

func (c *Client) readDatabase(ctx context.Context) (*gluster.Dump, error) {
	var dump *gluster.Dump
	err := c.callAs(ctx, "read its database", func(e *exchange) {
		e.read = func(answer io.Reader) (err error) {
			dump, err = readDump(answer)
			return err
		}
	}, func(client *gcli.Client) error {
		_, err := client.DbDump()
		return err
	})
	if err != nil {
		return nil, err
	}
	return dump, nil
}

// readDump returns an error if the dump cannot come from a heketi.
func readDump(answer io.Reader) (*gluster.Dump, error) {
	dump, err := gluster.ReadDump(answer)
	if err != nil {
		return nil, fmt.Errorf("its answer is not a heketi's: %w", err)
	}
	for id := range dump.Volumes {
		if !isID(id) {
			return nil, fmt.Errorf("its answer is not a heketi's: volume id %q", id)
		}
	}
	return dump, nil
}

// isID says whether a text can be one of heketi's ids, which become part of
// requests' paths.
func isID(text string) bool {
	const digitsAndLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return text != "" && strings.Trim(text, digitsAndLetters) == ""
}
