package integration

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/bench"
)

// TestFaultLeaderGoes has the leader end, as Kubernetes ends it, or be killed, as with its node, while
// a claim is made. It tells how long the claim waits with the times that deploy/ has.
func TestFaultLeaderGoes(t *testing.T) {
	for how, signal := range map[string]syscall.Signal{"ended": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			heketi := startHeketi(t, bench.HeketiOptions{})
			leader := launch(t, "test.gluster.org/"+unique("p"))
			leader.waitLeading(t)
			standby := launch(t, leader.name)
			standby.waitReady(t)
			namespace := newNamespace(t)
			class := newClass(t, leader, heketi, nil)
			start := time.Now()
			if err := leader.Signal(signal); err != nil {
				t.Fatal(err)
			}
			claim := newClaim(t, namespace, class.Name, "1Gi")
			waitBound(t, claim)
			t.Logf("the claim was Bound %s after the leader was %s", time.Since(start).Round(100*time.Millisecond), how)
			expectNoFailure(t, claim)
			deleteClaim(t, claim)
			waitNothingLeft(t, heketi, namespace)
			standby.endWell(t)
		})
	}
}

// TestFaultRollingUpdate replaces one replica after the other while claims are made, as Kubernetes
// does when the Deployment changes. No claim fails, and no volume is made twice.
func TestFaultRollingUpdate(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	leader := launch(t, "test.gluster.org/"+unique("p"))
	leader.waitLeading(t)
	namespace := newNamespace(t)
	class := newClass(t, leader, heketi, nil)
	replicas := []*provisioner{leader, launch(t, leader.name)}
	var claims []*v1.PersistentVolumeClaim
	claim := func() { claims = append(claims, newClaim(t, namespace, class.Name, "1Gi")) }
	for range 2 {
		next := launch(t, leader.name)
		next.waitReady(t)
		claim()
		replicas[0].endWell(t)
		claim()
		replicas = append(replicas[1:], next)
	}
	var names []string
	for _, claim := range claims {
		waitBound(t, claim)
		expectNoFailure(t, claim)
		names = append(names, claim.Name)
	}
	checkAllBound(t, heketi, namespace, names)
	for _, replica := range replicas {
		replica.endWell(t)
	}
}

// waitReady waits until a process is ready, and knows who leads: another one, or itself.
func (p *provisioner) waitReady(t *testing.T) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		if status, body := p.get(t, "/readyz"); status != http.StatusOK {
			return errorOf(body)
		}
		if !strings.Contains(p.Output(), "Seen leader") {
			return errorOf("the standby has not seen the leader")
		}
		return nil
	})
}

// expectNoFailure checks that no event of a claim tells of a failure.
func expectNoFailure(t *testing.T, claim *v1.PersistentVolumeClaim) {
	t.Helper()
	for _, event := range eventsOf(claim.UID) {
		if strings.Contains(event, "ProvisioningFailed") {
			t.Errorf("the claim %s has the event %s", claim.Name, event)
		}
	}
}
