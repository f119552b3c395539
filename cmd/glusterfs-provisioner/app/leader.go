package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

// leadElected calls lead once this process holds the Lease, and gives the Lease back after
// lead has returned. It returns nil if stop has ended that. It returns an error if the
// Lease was lost, since another process may lead from then on.
func leadElected(stop, work context.Context, options *Options, state *state, lead func(context.Context) error) error {
	lock, err := newLock(options)
	if err != nil {
		return err
	}
	electing, endElection := context.WithCancel(work)
	defer endElection()
	// A standby has nothing to finish, so the signal ends its waiting at once.
	endWaiting := context.AfterFunc(stop, func() {
		if !state.isElected() {
			endElection()
		}
	})
	defer endWaiting()

	var outcome error
	led := make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name:            options.lockName(),
		Lock:            lock,
		LeaseDuration:   options.LeaderElection.LeaseDuration.Duration,
		RenewDeadline:   options.LeaderElection.RenewDeadline.Duration,
		RetryPeriod:     options.LeaderElection.RetryPeriod.Duration,
		ReleaseOnCancel: true,
		WatchDog:        state.watchDog(),
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) {
				defer close(led)
				state.elect()
				klog.InfoS("Leading", "lease", klog.KRef(options.Namespace, options.lockName()))
				outcome = lead(leading)
				endElection()
			},
			OnStoppedLeading: func() {},
			OnNewLeader: func(identity string) {
				klog.InfoS("Seen leader", "identity", identity, "self", identity == lock.Identity())
			},
		},
	})
	if err != nil {
		return fmt.Errorf("cannot set up leader election: %w", err)
	}
	elector.Run(electing)

	switch {
	case context.Cause(work) != nil:
		return context.Cause(work)
	case electing.Err() == nil:
		return errors.New("lost the Lease, so another process may lead; ending")
	case !state.isElected():
		return nil
	}
	<-led
	return outcome
}

// newLock returns the Lease to compete for. Its client has no part in the rate limit of
// the work, so that a burst of claims cannot cost the leadership.
func newLock(options *Options) (resourcelock.Interface, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	config, err := restConfig(options)
	if err != nil {
		return nil, err
	}
	config.Timeout = options.LeaderElection.RenewDeadline.Duration / 2
	config.QPS, config.Burst = -1, -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: options.Namespace, Name: options.lockName()},
		Client:     client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())},
	}, nil
}
