package endpoints

import (
	"context"
	"errors"

	v1 "k8s.io/api/core/v1"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// ErrNotOurs means that an object of that name exists that somebody else made.
var ErrNotOurs = errors.New("not made by this provisioner")

// Store writes listings. It is safe for concurrent use.
type Store struct {
	client typedv1.CoreV1Interface
}

// NewStore returns a store that writes with the given client.
func NewStore(client typedv1.CoreV1Interface) *Store {
	return &Store{client: client}
}

// Ensure makes the Service and the Endpoints of that name in the owner's namespace. If
// they exist, it mends them: the Service so that it keeps the Endpoints, the Endpoints
// so that they list these addresses. It leaves alone what does not carry the owner's
// label; the error wraps ErrNotOurs then.
func (s *Store) Ensure(ctx context.Context, name string, owner Owner, addresses []string) error {
	// The Service comes first: Kubernetes removes Endpoints without one.
	services := s.client.Services(owner.Namespace)
	if err := serviceForm.ensure(ctx, services, &v1.Service{ObjectMeta: owner.meta(name)}, owner, addresses); err != nil {
		return err
	}
	endpoints := s.client.Endpoints(owner.Namespace)
	return endpointsForm.ensure(ctx, endpoints, &v1.Endpoints{ObjectMeta: owner.meta(name)}, owner, addresses)
}

// EnsureConfigMap does the same with the ConfigMap of that name.
func (s *Store) EnsureConfigMap(ctx context.Context, name string, owner Owner, addresses []string) error {
	configMaps := s.client.ConfigMaps(owner.Namespace)
	return configMapForm.ensure(ctx, configMaps, &v1.ConfigMap{ObjectMeta: owner.meta(name)}, owner, addresses)
}

// Remove deletes the Service and the Endpoints of that name that were made for a claim.
// It leaves others alone. It returns no error if there are none.
func (s *Store) Remove(ctx context.Context, namespace, name string) error {
	return s.remove(ctx, namespace, name, LabelClaim)
}

// RemoveShared deletes those that were made for a heketi cluster.
func (s *Store) RemoveShared(ctx context.Context, namespace, name string) error {
	return s.remove(ctx, namespace, name, LabelCluster)
}

func (s *Store) remove(ctx context.Context, namespace, name, label string) error {
	// The Endpoints go first: without the Service, Kubernetes would delete them, too.
	return errors.Join(
		endpointsForm.remove(ctx, s.client.Endpoints(namespace), namespace, name, label),
		serviceForm.remove(ctx, s.client.Services(namespace), namespace, name, label),
	)
}

// RemoveConfigMap deletes the ConfigMap of that name that was made for a heketi cluster.
func (s *Store) RemoveConfigMap(ctx context.Context, namespace, name string) error {
	return configMapForm.remove(ctx, s.client.ConfigMaps(namespace), namespace, name, LabelCluster)
}
