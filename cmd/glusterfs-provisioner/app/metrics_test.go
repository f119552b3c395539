package app

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/test/documented"
)

// TestReplicasMetrics holds docs/metrics.md against what a standby exports, both ways.
func TestReplicasMetrics(t *testing.T) {
	replica := prometheus.NewRegistry()
	registerMetrics(replica, &state{})
	own, err := replica.Gather()
	if err != nil {
		t.Fatal(err)
	}
	// What the packages of Kubernetes count has series once something has happened.
	workqueue.NewNamed("test").ShutDown()
	_, err = leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: "test", Lock: &resourcelock.LeaseLock{LockConfig: resourcelock.ResourceLockConfig{Identity: "me"}},
		LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) {}, OnStoppedLeading: func() {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	documented.MetricsOfProcess(t, own, "replica")
}
