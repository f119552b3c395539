package rollout

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/maintenance"
)

// TestReplaceAlone has a second rollout wait until the first has ended, and say for whom.
func TestReplaceAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		s.healing = 20
		var said []string
		second := *s.Rollout
		second.Lease, second.Timeout = s.leaseOf("bert"), 10*time.Minute
		second.Tell = func(sentence string) { said = append(said, sentence) }
		ended, began := make(chan error), sync.Once{}
		tell := s.Tell
		s.Tell = func(sentence string) {
			if tell(sentence); strings.Contains(sentence, "deleted pod") {
				began.Do(func() { go func() { ended <- second.Replace(t.Context()) }() })
			}
		}
		if err := s.Replace(t.Context()); err != nil || fmt.Sprint(s.deleted) != oneByOne {
			t.Errorf("the first ends with %v; deleted were %v, want %s", err, s.deleted, oneByOne)
		}
		err, told := <-ended, strings.Join(said, "\n")
		if err != nil || !strings.Contains(told, "before any pod is replaced: waits: anna holds the Lease glusterfs/glusterfs-maintenance since 2000-01-01T00:00:00Z") ||
			!strings.Contains(told, "all 3 pods have its template") {
			t.Errorf("the second ends with %v, and says:\n%s", err, told)
		}
		s.expectFree(t)
	})
}

// TestReplaceWaitsForHolder waits for one who takes bricks away until he is silent for as long as his Lease is for, and no longer than it may.
func TestReplaceWaitsForHolder(t *testing.T) {
	for name, test := range map[string]struct {
		// alive is how long the other one renews his Lease, and seconds how long that is for.
		alive   time.Duration
		seconds int32
		// takes is how long it takes to get it. says is why it does not.
		takes time.Duration
		says  string
	}{
		"he is dead":         {0, 20, 20 * time.Second, ""},
		"he dies":            {30 * time.Second, 10, 40 * time.Second, ""},
		"he goes on":         {time.Hour, 10, 0, "after 1m0s, it is not known that nobody else takes bricks away: bert holds the Lease glusterfs/glusterfs-maintenance since 1999-12-31T23:00:00Z"},
		"he is silent still": {0, 90, 0, "No pod was touched. To do: wait for that, or end it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, oldPods()...)
				ctx, cancel := context.WithTimeout(t.Context(), test.alive)
				defer cancel()
				// His clock is an hour late.
				s.holdByBert(t, test.seconds, time.Now().Add(-time.Hour))
				go func() {
					for ctx.Err() == nil {
						s.holdByBert(t, test.seconds, time.Now().Add(-time.Hour))
						select {
						case <-ctx.Done():
						case <-time.After(time.Second):
						}
					}
				}()
				begun := time.Now()
				err := s.Replace(t.Context())
				if test.says != "" {
					if !isStopped(err) || !strings.Contains(err.Error(), test.says) || len(s.deleted) > 0 {
						t.Errorf("%v, want %q; deleted were %v", err, test.says, s.deleted)
					}
					return
				}
				if took := time.Since(begun); err != nil || len(s.deleted) != 3 || took < test.takes || took > test.takes+10*time.Second {
					t.Errorf("%v; deleted were %v after %v", err, s.deleted, took)
				}
				s.expectFree(t)
			})
		})
	}
}

// TestReplaceLosesLease touches no other pod once it cannot know that it is alone.
func TestReplaceLosesLease(t *testing.T) {
	for name, lose := range map[string]func(*testing.T, *scene){
		"another one has it": func(t *testing.T, s *scene) { s.holdByBert(t, 60, time.Now()) },
		"it is deleted": func(t *testing.T, s *scene) {
			if err := s.client.CoordinationV1().Leases("glusterfs").Delete(t.Context(), maintenance.Name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		},
		"it cannot be renewed": func(_ *testing.T, s *scene) { s.unrenewable.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, oldPods()...)
				s.healing = 25 // for longer than the Lease may be without a renewal
				tell := s.Tell
				s.Tell = func(sentence string) {
					tell(sentence)
					if strings.Contains(sentence, "deleted pod") {
						lose(t, s)
					}
				}
				err := s.Replace(t.Context())
				if !isStopped(err) || !strings.Contains(err.Error(), "the Lease glusterfs/glusterfs-maintenance was not renewed in time, or somebody else has it") || len(s.deleted) != 1 {
					t.Errorf("%v; deleted were %v, want one", err, s.deleted)
				}
			})
		})
	}
}

// TestReplaceConfirmsLease does not delete a pod if the Lease was lost since it was renewed, as on a machine that has slept.
func TestReplaceConfirmsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		run := s.Run
		s.Run = func(ctx context.Context, pod *v1.Pod, words []string) ([]byte, error) {
			s.holdByBert(t, 60, time.Now())
			return run(ctx, pod, words)
		}
		if err := s.Replace(t.Context()); !isStopped(err) || len(s.deleted) > 0 {
			t.Errorf("%v; deleted were %v", err, s.deleted)
		}
	})
}

// TestPlanTellsOfHolder takes nothing, and waits for nobody.
func TestPlanTellsOfHolder(t *testing.T) {
	s := newScene(t, oldPods()...)
	s.holdByBert(t, 60, time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC))
	if err := s.Plan(t.Context()); err != nil {
		t.Error(err)
	}
	s.says(t, "bert holds the Lease glusterfs/glusterfs-maintenance since 2026-11-29T10:00:00Z, and renewed it last at 2026-11-29T10:00:00Z, which would be waited for")
	if holder := *s.lease(t).Spec.HolderIdentity; holder != "bert" {
		t.Errorf("%q holds the Lease", holder)
	}
}

// holdByBert has another one hold the Lease, and renew it at that time of his clock.
func (s *scene) holdByBert(t *testing.T, seconds int32, renewed time.Time) {
	t.Helper()
	who := "bert"
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "glusterfs", Name: maintenance.Name}}
	at := metav1.NewMicroTime(renewed)
	lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &who, LeaseDurationSeconds: &seconds, AcquireTime: &at, RenewTime: &at}
	leases := coordinationv1.SchemeGroupVersion.WithResource("leases")
	if before, err := s.client.Tracker().Get(leases, "glusterfs", maintenance.Name); err == nil {
		if held := before.(*coordinationv1.Lease); *held.Spec.HolderIdentity == who {
			lease.Spec.AcquireTime = held.Spec.AcquireTime
		}
		err = s.client.Tracker().Update(leases, lease, "glusterfs")
		if err != nil {
			t.Error(err)
		}
	} else if err := s.client.Tracker().Add(lease); err != nil {
		t.Error(err)
	}
}

func (s *scene) lease(t *testing.T) *coordinationv1.Lease {
	t.Helper()
	lease, err := s.client.CoordinationV1().Leases("glusterfs").Get(t.Context(), maintenance.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

// expectFree checks that nobody holds the Lease any more.
func (s *scene) expectFree(t *testing.T) {
	t.Helper()
	if holder := *s.lease(t).Spec.HolderIdentity; holder != "" {
		t.Errorf("%q holds the Lease still", holder)
	}
}
