package servers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/sync/singleflight"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	namespace  string
	configMaps corev1.ConfigMapInterface
	// reads joins those who ask for the same cluster at the same time: of a hundred
	// volumes that are mounted at once, most are of one.
	reads singleflight.Group
}

// NewPresent returns those of the ConfigMaps in the provisioner's namespace.
func NewPresent(getter corev1.ConfigMapsGetter, namespace string) *Present {
	return &Present{namespace: namespace, configMaps: getter.ConfigMaps(namespace)}
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
	name := prefix + cluster
	configMap, err := p.configMaps.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, p.explain(ctx, name, err)
	}
	servers, err := volume.ParseServers(configMap.Data[key])
	if err != nil {
		return nil, fmt.Errorf("ConfigMap %s/%s: data.%s: %w", p.namespace, name, key, err)
	}
	return servers, nil
}

// explain says why a ConfigMap cannot be read, and what to do about it.
func (p *Present) explain(ctx context.Context, name string, err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no ConfigMap %s/%s: does --provisioner-namespace name the provisioner's namespace?", p.namespace, name)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the node plugin may not read ConfigMaps of namespace %s: does --provisioner-namespace name the one of the Role in deploy/csi/10-rbac.yaml?", p.namespace)
	case ctx.Err() != nil:
		return fmt.Errorf("the API server has not answered within %v", readBound)
	}
	// The address of the API server is no news, and events are short.
	if request := new(url.Error); errors.As(err, &request) {
		err = request.Err
	}
	return fmt.Errorf("ConfigMap %s/%s cannot be read: %w", p.namespace, name, err)
}
