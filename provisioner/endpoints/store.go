package endpoints

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/typed/core/v1"
)

// ErrNotOurs means that a Service or Endpoints of the name exist that were made by
// somebody else.
var ErrNotOurs = errors.New("not made by this provisioner")

// Store writes Services, Endpoints and ConfigMaps. It is safe for concurrent use.
type Store struct {
	client v1.CoreV1Interface
}

// NewStore returns a store that writes with the given client.
func NewStore(client v1.CoreV1Interface) *Store {
	return &Store{client: client}
}

// Ensure makes the Service and the Endpoints of that name in the owner's
// namespace, and mends those that exist: the Service, so that it keeps the
// Endpoints, and the Endpoints, so that they have these addresses. What has the
// name but not the owner's label is left alone; the error wraps ErrNotOurs then.
func (s *Store) Ensure(ctx context.Context, name string, owner Owner, addresses []string) error {
	// The Service comes first: Kubernetes removes Endpoints without one.
	if err := s.ensureService(ctx, name, owner); err != nil {
		return fmt.Errorf("cannot make Service %s/%s: %w", owner.Namespace, name, err)
	}
	if err := s.ensureEndpoints(ctx, name, owner, addresses); err != nil {
		return fmt.Errorf("cannot make Endpoints %s/%s: %w", owner.Namespace, name, err)
	}
	return nil
}

func (s *Store) ensureService(ctx context.Context, name string, owner Owner) error {
	services := s.client.Services(owner.Namespace)
	_, err := services.Create(ctx, service(name, owner), metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found, err := services.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	label, _ := owner.label()
	if err := expectLabel(found, label); err != nil || serviceFits(found) {
		return err
	}
	mendService(found)
	_, err = services.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

func (s *Store) ensureEndpoints(ctx context.Context, name string, owner Owner, addresses []string) error {
	endpoints := s.client.Endpoints(owner.Namespace)
	_, err := endpoints.Create(ctx, endpointsOf(name, owner, addresses), metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found, err := endpoints.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	label, _ := owner.label()
	if err := expectLabel(found, label); err != nil || endpointsFit(found, addresses) {
		return err
	}
	mendEndpoints(found, addresses)
	_, err = endpoints.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

func expectLabel(object metav1.Object, label string) error {
	if _, ok := object.GetLabels()[label]; !ok {
		return fmt.Errorf("one of that name exists without the label %s, so it is %w; rename or delete it", label, ErrNotOurs)
	}
	return nil
}

// Remove deletes a claim's Service and Endpoints of that name. What is not there
// is no error, and what was not made for a claim is left alone.
func (s *Store) Remove(ctx context.Context, namespace, name string) error {
	return s.remove(ctx, namespace, name, LabelClaim)
}

// RemoveShared deletes the Service and the Endpoints of that name that were made
// for a heketi cluster, as Remove does.
func (s *Store) RemoveShared(ctx context.Context, namespace, name string) error {
	return s.remove(ctx, namespace, name, LabelCluster)
}

func (s *Store) remove(ctx context.Context, namespace, name, label string) error {
	// In this order, or else Kubernetes deletes the Endpoints at the same time.
	endpointsErr := s.removeEndpoints(ctx, namespace, name, label)
	if endpointsErr != nil {
		endpointsErr = fmt.Errorf("cannot delete Endpoints %s/%s: %w", namespace, name, endpointsErr)
	}
	serviceErr := s.removeService(ctx, namespace, name, label)
	if serviceErr != nil {
		serviceErr = fmt.Errorf("cannot delete Service %s/%s: %w", namespace, name, serviceErr)
	}
	return errors.Join(endpointsErr, serviceErr)
}

func (s *Store) removeEndpoints(ctx context.Context, namespace, name, label string) error {
	found, err := s.client.Endpoints(namespace).Get(ctx, name, metav1.GetOptions{})
	if err == nil && expectLabel(found, label) == nil {
		err = s.client.Endpoints(namespace).Delete(ctx, name, *metav1.NewPreconditionDeleteOptions(string(found.UID)))
	}
	return unlessGone(err)
}

func (s *Store) removeService(ctx context.Context, namespace, name, label string) error {
	found, err := s.client.Services(namespace).Get(ctx, name, metav1.GetOptions{})
	if err == nil && expectLabel(found, label) == nil {
		err = s.client.Services(namespace).Delete(ctx, name, *metav1.NewPreconditionDeleteOptions(string(found.UID)))
	}
	return unlessGone(err)
}

func unlessGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
