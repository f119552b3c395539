package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/stage"
)

// userPace is how many requests a user makes per second. Far more would cost others the
// API server's time, whoever provisions.
const userPace = 50

// startUser starts what the workload's user does. What it returns ends that, and tells how
// many requests it made.
func startUser(ctx context.Context, set *stage.Stage, workload string, raised, pending load.Claims) (stop func() (int, error), err error) {
	client, err := set.NewUser(userPace)
	if err != nil {
		return nil, err
	}
	// The first raise has been.
	turns := map[string]func(context.Context, int) error{
		annotating: func(ctx context.Context, turn int) error { return annotate(ctx, client, pending, turn) },
		raising:    func(ctx context.Context, turn int) error { return raise(ctx, client, raised, 2+turn) },
	}
	do, acts := turns[workload]
	if !acts {
		return func() (int, error) { return 0, nil }, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	var made atomic.Int64
	var user errgroup.Group
	user.Go(func() error {
		for turn := 0; ctx.Err() == nil; turn++ {
			if err := do(ctx, turn); err == nil {
				made.Add(1)
			} else if ctx.Err() == nil {
				return fmt.Errorf("the user's request fails: %w", err)
			}
		}
		return nil
	})
	return func() (int, error) {
		cancel()
		err := user.Wait()
		return int(made.Load()), err
	}, nil
}

// annotate annotates one claim after the other.
func annotate(ctx context.Context, client kubernetes.Interface, claims load.Claims, turn int) error {
	return patch(ctx, client, claims.Namespace, claims.Name(turn%claims.Count), fmt.Sprintf(`{"metadata":{"annotations":{"example.com/turn":"%d"}}}`, turn))
}

// raise has the first of the claims request so many bytes more than it had at first.
func raise(ctx context.Context, client kubernetes.Interface, claims load.Claims, bytes int) error {
	size := volume.GiB(1)
	return patch(ctx, client, claims.Namespace, claims.Name(0), fmt.Sprintf(`{"spec":{"resources":{"requests":{"storage":"%d"}}}}`, size.Value()+int64(bytes)))
}

func patch(ctx context.Context, client kubernetes.Interface, namespace, claim, change string) error {
	_, err := client.CoreV1().PersistentVolumeClaims(namespace).Patch(ctx, claim, types.MergePatchType, []byte(change), metav1.PatchOptions{})
	return err
}
