package endpoints

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/typed/core/v1"
)

// Store writes Services and Endpoints. It is safe for concurrent use.
type Store struct {
	client v1.CoreV1Interface
}

// NewStore returns a store that writes with the given client.
func NewStore(client v1.CoreV1Interface) *Store {
	return &Store{client: client}
}

// Ensure makes the Service and the Endpoints of that name in the owner's
// namespace, and gives Endpoints that exist these addresses. What has the name
// but was not made for a claim is left alone and is an error.
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
	return madeForClaim(found)
}

func (s *Store) ensureEndpoints(ctx context.Context, name string, owner Owner, addresses []string) error {
	endpoints := s.client.Endpoints(owner.Namespace)
	wanted := endpointsOf(name, owner, addresses)
	_, err := endpoints.Create(ctx, wanted, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found, err := endpoints.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := madeForClaim(found); err != nil {
		return err
	}
	if equality.Semantic.DeepEqual(found.Subsets, wanted.Subsets) {
		return nil
	}
	found = found.DeepCopy()
	found.Subsets = wanted.Subsets
	_, err = endpoints.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

func madeForClaim(object metav1.Object) error {
	if _, ok := object.GetLabels()[LabelClaim]; !ok {
		return fmt.Errorf("one of that name exists without the label %s, so it is not a claim's; rename or delete it", LabelClaim)
	}
	return nil
}

// Remove deletes the Service and the Endpoints of that name. What is not there
// is no error, and what was not made for a claim is left alone.
func (s *Store) Remove(ctx context.Context, namespace, name string) error {
	// In this order, or else Kubernetes deletes the Endpoints at the same time.
	endpointsErr := s.removeEndpoints(ctx, namespace, name)
	if endpointsErr != nil {
		endpointsErr = fmt.Errorf("cannot delete Endpoints %s/%s: %w", namespace, name, endpointsErr)
	}
	serviceErr := s.removeService(ctx, namespace, name)
	if serviceErr != nil {
		serviceErr = fmt.Errorf("cannot delete Service %s/%s: %w", namespace, name, serviceErr)
	}
	return errors.Join(endpointsErr, serviceErr)
}

func (s *Store) removeEndpoints(ctx context.Context, namespace, name string) error {
	found, err := s.client.Endpoints(namespace).Get(ctx, name, metav1.GetOptions{})
	if err == nil && madeForClaim(found) == nil {
		err = s.client.Endpoints(namespace).Delete(ctx, name, *metav1.NewPreconditionDeleteOptions(string(found.UID)))
	}
	return unlessGone(err)
}

func (s *Store) removeService(ctx context.Context, namespace, name string) error {
	found, err := s.client.Services(namespace).Get(ctx, name, metav1.GetOptions{})
	if err == nil && madeForClaim(found) == nil {
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
