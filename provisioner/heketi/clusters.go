package heketi

import (
	"context"
	"slices"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	"golang.org/x/sync/singleflight"
)

// clusterListAge is how long a list of clusters is used. Clusters come and go when an
// administrator loads a topology, while claims come by the hundred.
const clusterListAge = 30 * time.Second

// clusterList is what is remembered of one heketi's clusters.
type clusterList struct {
	asking singleflight.Group

	mu   sync.Mutex
	ids  []string
	read time.Time
}

// Clusters returns the ids of all clusters that heketi has, in a stable order, at
// most clusterListAge old. The slice is shared and must not be changed.
func (c *Client) Clusters(ctx context.Context) ([]string, error) {
	list := &c.backend.clusters
	if ids := list.fresh(); ids != nil {
		return ids, nil
	}
	// Other credentials may get another answer.
	answer := list.asking.DoChan(c.credentials.User+"\x00"+c.credentials.Key, func() (any, error) {
		// It does not end with the context of the first who asks, because others wait for
		// this answer, too. The request's time-out bounds it.
		ids, err := c.listClusters(context.WithoutCancel(ctx))
		list.remember(ids)
		return ids, err
	})
	select {
	case result := <-answer:
		ids, _ := result.Val.([]string)
		return ids, result.Err
	case <-ctx.Done():
		return nil, &Error{Server: c.URL(), Operation: "list its clusters", Kind: ErrUnavailable, Text: context.Cause(ctx).Error()}
	}
}

func (c *Client) listClusters(ctx context.Context) ([]string, error) {
	var answer *api.ClusterListResponse
	err := c.call(ctx, "list its clusters", func(client *gcli.Client) (err error) {
		answer, err = client.ClusterList()
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(answer.Clusters)), nil
}

// fresh returns the remembered ids, or nil if they have to be asked for.
func (l *clusterList) fresh() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.read) < clusterListAge {
		return l.ids
	}
	return nil
}

// remember keeps the ids. An empty list is not kept, because the topology is about to be
// loaded.
func (l *clusterList) remember(ids []string) {
	if len(ids) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids, l.read = ids, time.Now()
}
