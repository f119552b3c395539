package servers

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sync/singleflight"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"glusterfs-provisioner/node/volume"
)

const (
	// prefix and key are where the provisioner keeps the servers of a cluster.
	prefix = "glusterfs-cluster-"
	key    = "servers"
	// readBound is how long the API server may take: pods have to start without it,
	// too.
	readBound = 2 * time.Second
)

// Present are the servers that clusters have at present. It is safe for concurrent use.
type Present struct {
	configMaps corev1.ConfigMapInterface
	// reads joins those who ask for the same cluster at the same time: of a hundred
	// volumes that are mounted at once, most are of one.
	reads singleflight.Group
}

// NewPresent returns those of the ConfigMaps, which are in the provisioner's
// namespace.
func NewPresent(configMaps corev1.ConfigMapInterface) *Present {
	return &Present{configMaps: configMaps}
}

// Of returns the servers of the cluster with an id of heketi's.
func (p *Present) Of(ctx context.Context, cluster string) ([]netip.Addr, error) {
	// Who began to read may give up while others wait.
	read := p.reads.DoChan(cluster, func() (any, error) { return p.read(context.WithoutCancel(ctx), cluster) })
	select {
	case result := <-read:
		servers, _ := result.Val.([]netip.Addr)
		return servers, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *Present) read(ctx context.Context, cluster string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, readBound)
	defer cancel()
	configMap, err := p.configMaps.Get(ctx, prefix+cluster, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot read the servers of the cluster: %w", err)
	}
	servers, err := volume.ParseServers(configMap.Data[key])
	if err != nil {
		return nil, fmt.Errorf("ConfigMap %s/%s: data.%s: %w", configMap.Namespace, configMap.Name, key, err)
	}
	return servers, nil
}
