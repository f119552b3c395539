package load

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// hands is how many requests are made at once.
const hands = 32

// Claims are claims of 1 GiB of one class, named claim-1 and so on, in a
// namespace that exists.
type Claims struct {
	Client    kubernetes.Interface
	Observer  *Observer
	Namespace string
	Class     string
	// First and Count are which of them are meant.
	First, Count int
}

// Make makes all claims at once and returns when each was.
func (c Claims) Make(ctx context.Context) (begun []time.Time, err error) {
	return c.all(ctx, func(ctx context.Context, name string) error {
		claim := &v1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1.PersistentVolumeClaimSpec{
				StorageClassName: &c.Class,
				AccessModes:      []v1.PersistentVolumeAccessMode{v1.ReadWriteMany},
				Resources:        v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}},
			},
		}
		_, err := c.Client.CoreV1().PersistentVolumeClaims(c.Namespace).Create(ctx, claim, metav1.CreateOptions{})
		return err
	})
}

// Bind makes all claims at once and waits until all are Bound.
func (c Claims) Bind(ctx context.Context) (Times, error) {
	begun, err := c.Make(ctx)
	if err != nil {
		return Times{}, fmt.Errorf("cannot make the claims: %w", err)
	}
	ended, err := c.AllBound(ctx)
	return Times{begun, ended}, err
}

// AllBound waits until all claims are Bound, and returns when each was.
func (c Claims) AllBound(ctx context.Context) (ended []time.Time, err error) {
	if ended, err = c.Observer.wait(ctx, c.Observer.bound, c.keys()); err != nil {
		err = fmt.Errorf("not all claims become Bound: %w", err)
	}
	return ended, err
}

// Delete deletes all claims at once and waits until their PersistentVolumes are
// gone.
func (c Claims) Delete(ctx context.Context) (Times, error) {
	begun, err := c.all(ctx, func(ctx context.Context, name string) error {
		return c.Client.CoreV1().PersistentVolumeClaims(c.Namespace).Delete(ctx, name, metav1.DeleteOptions{})
	})
	if err != nil {
		return Times{}, fmt.Errorf("cannot delete the claims: %w", err)
	}
	ended, err := c.Observer.wait(ctx, c.Observer.gone, c.keys())
	if err != nil {
		return Times{}, fmt.Errorf("not all PersistentVolumes go: %w", err)
	}
	return Times{begun, ended}, nil
}

// Name returns the name of one of them, counted from 0.
func (c Claims) Name(i int) string { return fmt.Sprintf("claim-%d", c.First+i+1) }

func (c Claims) keys() []string {
	keys := make([]string, c.Count)
	for i := range keys {
		keys[i] = c.Namespace + "/" + c.Name(i)
	}
	return keys
}

// all does something with each claim's name, some at a time, and returns when it
// began each.
func (c Claims) all(ctx context.Context, do func(context.Context, string) error) ([]time.Time, error) {
	begun := make([]time.Time, c.Count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(hands)
	for i := range c.Count {
		group.Go(func() error {
			begun[i] = time.Now()
			return do(ctx, c.Name(i))
		})
	}
	return begun, group.Wait()
}
