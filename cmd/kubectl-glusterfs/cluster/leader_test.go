package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"glusterfs-provisioner/cmd/installed"
)

// newLease is one that a process renewed some time ago.
func newLease(holder string, since time.Duration) *coordinationv1.Lease {
	seconds, renewed := int32(15), metav1.NewMicroTime(time.Now().Add(-since))
	lease := &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &renewed}}
	lease.Namespace, lease.Name = installed.Namespace, installed.LeaseOf(installed.Provisioner)
	return lease
}

func ourCluster(client *fake.Clientset) Cluster {
	return Cluster{Client: client, Installed: Installed{Provisioner: installed.Provisioner, Namespace: installed.Namespace}}
}

// TestLeader tells a leader that works from one that has ended, whatever the clocks say.
func TestLeader(t *testing.T) {
	for name, test := range map[string]struct {
		lease *coordinationv1.Lease
		// renews has the Lease be renewed while it is looked at, by a clock that differs as much.
		renews bool
		leads  bool
		within time.Duration
	}{
		"renewed a moment ago":    {newLease("pod-1", time.Second), false, true, 0},
		"given back":              {newLease("", time.Second), false, false, 0},
		"ended an hour ago":       {newLease("pod-1", time.Hour), false, false, renewing},
		"its clock is behind":     {newLease("pod-1", time.Hour), true, true, renewing},
		"its clock is ahead":      {newLease("pod-1", -time.Hour), true, true, renewing},
		"ended, and it was ahead": {newLease("pod-1", -time.Hour), false, false, renewing},
	} {
		t.Run(name, func(t *testing.T) {
			age := time.Since(test.lease.Spec.RenewTime.Time)
			synctest.Test(t, func(t *testing.T) {
				renewed := metav1.NewMicroTime(time.Now().Add(-age))
				test.lease.Spec.RenewTime = &renewed
				client := fake.NewSimpleClientset(test.lease)
				if test.renews {
					go func() {
						time.Sleep(2 * time.Second)
						later := test.lease.DeepCopy()
						now := metav1.NewMicroTime(time.Now().Add(-age))
						later.Spec.RenewTime = &now
						if _, err := client.CoordinationV1().Leases(later.Namespace).Update(context.Background(), later, metav1.UpdateOptions{}); err != nil {
							t.Error(err)
						}
					}()
				}
				began := time.Now()
				got := ourCluster(client).Leader(t.Context())
				if !got.There || got.Value.Leads != test.leads || got.Value.Holder != *test.lease.Spec.HolderIdentity {
					t.Errorf("got %+v, want it to lead: %v", got, test.leads)
				}
				if took := time.Since(began); took > test.within {
					t.Errorf("it took %v, want at most %v", took, test.within)
				}
			})
		})
	}
}

func TestNobodyHasEverLed(t *testing.T) {
	if got := ourCluster(fake.NewSimpleClientset()).Leader(t.Context()); !got.IsAbsent() {
		t.Errorf("got %+v", got)
	}
}
