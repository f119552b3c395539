package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// newKeeper returns what keeps right what lists storage hosts.
func (p *Provisioner) newKeeper() (*endpoints.Keeper, error) {
	return endpoints.NewKeeper(endpoints.Config{
		Provisioner: p.Name,
		Namespace:   p.Namespace,
		Client:      p.Client,
		Volumes:     p.Informers.Core().V1().PersistentVolumes().Informer(),
		Store:       p.Endpoints,
		Resolver:    p.Resolver,
		Hosts:       p.storageHosts,
		Lock:        p.locks.Try,
		SharesHosts: p.sharesHosts,
		Events:      p.Events,
		About:       p.Journal.Namespace(),
		Sync:        p.EndpointsSync,
		Repaired:    p.EndpointsRepaired,
		Unread:      p.StorageHostsUnread,
	})
}

// sharesHosts says whether a volume may be mounted through a shared listing without a
// PersistentVolume that shows it: it is being made, or its PersistentVolume replaced.
func (p *Provisioner) sharesHosts() bool {
	return p.making.SharesHosts() || p.Conversions.UnderWay() > 0
}

// listed are the storage hosts of a volume, and the Endpoints that list them, if any do.
type listed struct {
	addresses []string
	endpoints types.NamespacedName
}

// listHosts writes what lists the storage hosts that a volume is mounted from: the
// Endpoints and the Service, or the ConfigMap of its cluster. The prefix begins the
// name of shared Endpoints.
func (p *Provisioner) listHosts(ctx context.Context, entry journal.Entry, prefix string, made *heketi.Volume) (hosts listed, err error) {
	asked := time.Now()
	hosts.addresses, err = endpoints.Addresses(ctx, p.Resolver, made.Hosts)
	if err != nil {
		return listed{}, err
	}
	p.keeper.Learn(endpoints.Cluster{URL: entry.Heketi.URL, ID: made.Cluster}, hosts.addresses, asked)
	owner := endpoints.Owner{Namespace: entry.Claim.Namespace, Name: entry.Claim.Name, UID: entry.ClaimUID}
	switch {
	case entry.Source == volume.CSI:
	case entry.SharesEndpoints:
		hosts.endpoints = types.NamespacedName{Namespace: p.Namespace, Name: volume.SharedEndpointsName(prefix, made.Cluster)}
	default:
		hosts.endpoints = types.NamespacedName{Namespace: entry.Claim.Namespace, Name: entry.Endpoints}
	}
	return hosts, p.writeListing(ctx, volume.Made{
		Source:             entry.Source,
		Cluster:            made.Cluster,
		EndpointsNamespace: hosts.endpoints.Namespace,
		EndpointsName:      hosts.endpoints.Name,
		Hosts:              hosts.addresses,
	}, owner)
}

// writeListing writes what lists a volume's storage hosts. The owner is the claim whose own
// Endpoints they are, if they are a claim's.
func (p *Provisioner) writeListing(ctx context.Context, made volume.Made, owner endpoints.Owner) error {
	switch {
	case made.Source == volume.CSI:
		return p.keeper.EnsureHosts(ctx, made.Cluster, made.Hosts)
	case made.SharesEndpoints():
		return p.keeper.EnsureShared(ctx, types.NamespacedName{Namespace: made.EndpointsNamespace, Name: made.EndpointsName}, made.Cluster, made.Hosts)
	}
	return p.Endpoints.Ensure(ctx, made.EndpointsName, owner, made.Hosts)
}

// storageHosts asks a heketi for the storage hosts of the cluster that has the given
// volumes: heketi lists all of them with each volume. The next volume is asked for
// if heketi does not show one, or if its key cannot be had.
func (p *Provisioner) storageHosts(ctx context.Context, volumes []*v1.PersistentVolume) ([]string, error) {
	err := errors.New("no volume of the cluster is left to ask for")
	for _, pv := range volumes {
		var hosts []string
		if hosts, err = p.storageHostsOf(ctx, pv); err == nil {
			return hosts, nil
		}
		if errors.Is(err, heketi.ErrUnavailable) {
			break
		}
	}
	return nil, err
}

func (p *Provisioner) storageHostsOf(ctx context.Context, pv *v1.PersistentVolume) ([]string, error) {
	recorded, err := volume.Recorded(pv)
	if err != nil {
		return nil, err
	}
	client, err := p.heketis.Connect(ctx, recorded.Heketi, pv.Spec.StorageClassName)
	if err != nil {
		return nil, err
	}
	found, err := client.Volume(ctx, recorded.ID, recorded.Cluster)
	if err != nil {
		return nil, asRecorded(err)
	}
	if found.Cluster != recorded.Cluster {
		return nil, fmt.Errorf("heketi %s has volume %s in cluster %q, not in %q as annotation %s of PersistentVolume %s says",
			recorded.Heketi.URL, recorded.ID, found.Cluster, recorded.Cluster, volume.AnnotationClusterID, pv.Name)
	}
	return found.Hosts, nil
}
