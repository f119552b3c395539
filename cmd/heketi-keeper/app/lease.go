package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

// errLeaseLost is that another keeper may have heketi.
var errLeaseLost = errors.New("lost the Lease, so another keeper may run heketi; ending")

// holdingLease calls keep once this process holds the Lease, with a context that ends when that is lost, or
// when work ends. It gives the Lease back after keep has returned. It returns nil if stop has ended it before.
func holdingLease(stop, work context.Context, options *Options, lock resourcelock.Interface, state *state, keep func(context.Context) error) error {
	electing, endElection := context.WithCancel(work)
	defer endElection()
	// One that waits has nothing to finish, so that the signal ends it at once.
	defer context.AfterFunc(stop, func() {
		if !state.isActive() {
			endElection()
		}
	})()
	var outcome error
	kept := make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name:          options.leaseName(),
		Lock:          lock,
		LeaseDuration: options.LeaderElection.LeaseDuration.Duration,
		RenewDeadline: options.LeaderElection.RenewDeadline.Duration,
		RetryPeriod:   options.LeaderElection.RetryPeriod.Duration,
		WatchDog:      state.dog,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(holding context.Context) {
				defer close(kept)
				state.activate()
				klog.InfoS("Holding the Lease", "lease", klog.KRef(options.Namespace, options.leaseName()))
				outcome = keep(holding)
				endElection()
			},
			OnStoppedLeading: func() {},
			OnNewLeader: func(holder string) {
				klog.InfoS("Seen who holds the Lease", "identity", holder, "self", holder == lock.Identity())
			},
		},
	})
	if err != nil {
		return fmt.Errorf("cannot set up leader election: %w", err)
	}
	elector.Run(electing)
	if !state.isActive() {
		return nil
	}
	lost := electing.Err() == nil
	<-kept // heketi has ended by then.
	switch {
	case context.Cause(work) != nil:
		return context.Cause(work)
	case lost:
		return errLeaseLost
	}
	release(work, lock)
	return outcome
}

// releaseBound is how long giving the Lease back may take. Otherwise it expires.
const releaseBound = 5 * time.Second

// release gives the Lease back. client-go would do that, too, but before it tells that the Lease is
// lost, and then heketi would still run.
func release(ctx context.Context, lock resourcelock.Interface) {
	ctx, cancel := context.WithTimeout(ctx, releaseBound)
	defer cancel()
	record, _, err := lock.Get(ctx)
	if err == nil && record.HolderIdentity == lock.Identity() {
		record.HolderIdentity, record.LeaseDurationSeconds = "", 1
		err = lock.Update(ctx, *record)
	}
	if err != nil {
		klog.ErrorS(err, "The Lease is not given back, and has to expire")
	}
}

// newLock returns the Lease. Its client has no part in the rate limit of what saves the database.
func newLock(options *Options, config *rest.Config, identity string) (resourcelock.Interface, error) {
	own := rest.CopyConfig(config)
	own.Timeout = options.LeaderElection.RenewDeadline.Duration / 3
	// After a request without an answer, the next one makes a connection of its own. That of HTTP/2 would be used again, and
	// it takes client-go 45 s to see that it is dead.
	own.NextProtos = []string{"http/1.1"}
	client, err := kubernetes.NewForConfig(own)
	if err != nil {
		return nil, err
	}
	return &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: options.Namespace, Name: options.leaseName()},
		Client:     client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
	}, nil
}
