package limit

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/performance/load"
)

const (
	// Callers is how many operations heketi takes at a time
	// (max_inflight_operations of heketi 10.3).
	Callers = 8
	// poll is how often, in milliseconds, heketi is asked whether an operation
	// is done; the client's own default, 400, would be most of its time.
	poll = 10
	// firstGID is the lowest that a class allows.
	firstGID = 2000
)

// Caller asks one heketi.
type Caller struct {
	client  *gcli.Client
	cluster string

	mu   sync.Mutex
	made []string
}

// NewCaller returns a caller of the heketi at that URL, who makes volumes in one
// of its clusters. The key is the admin's.
func NewCaller(url, key, cluster string) *Caller {
	return &Caller{client: newClient(url, key, gcli.ClientOptions{PollDelay: poll}), cluster: cluster}
}

// newClient gives heketi's client a transport that keeps its connections, where
// its own would make one for each request.
func newClient(url, key string, options gcli.ClientOptions) *gcli.Client {
	client := gcli.NewClientWithOptions(url, "admin", key, options)
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * Callers}
	client.SetClientFunc(func(_ *tls.Config, redirect gcli.CheckRedirectFunc) (gcli.HttpPerformer, error) {
		return &http.Client{Transport: transport, CheckRedirect: redirect, Timeout: time.Minute}, nil
	})
	return client
}

// Create makes volumes, as a provisioner would ask for them, by so many callers.
func (c *Caller) Create(ctx context.Context, count, callers int) (load.Times, error) {
	return c.repeat(ctx, count, callers, func(i int) error {
		id, err := c.create(i, 1)
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.made = append(c.made, id)
		return nil
	})
}

// Delete deletes all volumes made, by so many callers.
func (c *Caller) Delete(ctx context.Context, callers int) (load.Times, error) {
	return c.repeat(ctx, len(c.made), callers, func(i int) error { return c.client.VolumeDelete(c.made[i]) })
}

func (c *Caller) create(i, sizeGiB int) (id string, err error) {
	made, err := c.client.VolumeCreate(&api.VolumeCreateRequest{
		Size:     sizeGiB,
		Name:     "vol-" + rand.Text(),
		Clusters: []string{c.cluster},
		Gid:      int64(firstGID + i),
		Durability: api.VolumeDurabilityInfo{
			Type:      api.DurabilityReplicate,
			Replicate: api.ReplicaDurability{Replica: 3},
		},
		Snapshot: struct {
			Enable bool    `json:"enable"`
			Factor float32 `json:"factor"`
		}{true, 1},
	})
	if err != nil {
		return "", fmt.Errorf("heketi's own client cannot make a volume: %w", err)
	}
	return made.Id, nil
}

// repeat does something a number of times by so many callers. heketi's client
// knows no context, so it is only heeded between two of them.
func (c *Caller) repeat(ctx context.Context, count, callers int, do func(i int) error) (load.Times, error) {
	times := load.Times{Begun: make([]time.Time, count), Ended: make([]time.Time, count)}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callers)
	for i := range count {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			times.Begun[i] = time.Now()
			defer func() { times.Ended[i] = time.Now() }()
			return do(i)
		})
	}
	return times, group.Wait()
}
