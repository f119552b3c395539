package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const oneByOne = "[node-1 with 0 to heal node-2 with 0 to heal node-3 with 0 to heal]"

// TestReplace replaces all pods, each only when the one before has healed.
func TestReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		s.healing = 3
		if err := s.Replace(t.Context()); err != nil || fmt.Sprint(s.deleted) != oneByOne {
			t.Errorf("%v; deleted were %v, want %s", err, s.deleted, oneByOne)
		}
		s.says(t, "3 of 3 pods have to be replaced")
		s.says(t, "before pod glusterfs-old-node-2 on node node-2 is replaced: waits: volume vol_1 has entries to heal: 3")
		s.says(t, "all is whole")
		s.says(t, "gluster volume set all cluster.op-version 110000")
	})
}

// TestReplaceGoesOn ends it after the first pod. Another one replaces the others only.
func TestReplaceGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		s.healing = 3
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.Tell = func(sentence string) {
			if strings.Contains(sentence, "deleted") {
				cancel()
			}
		}
		if err := s.Replace(ctx); !errors.Is(err, context.Canceled) || len(s.deleted) != 1 {
			t.Fatalf("%v; deleted were %v, want one", err, s.deleted)
		}
		s.expectFree(t)
		s.Tell = func(sentence string) { s.said = append(s.said, sentence) }
		if err := s.Replace(t.Context()); err != nil || fmt.Sprint(s.deleted) != oneByOne {
			t.Errorf("%v; deleted were %v, want %s", err, s.deleted, oneByOne)
		}
		s.says(t, "2 of 3 pods have to be replaced")
	})
}

// TestReplaceStops touches no other pod while something is missing, and says what.
func TestReplaceStops(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*scene)
		says   string
		// deleted is how many pods are deleted nonetheless.
		deleted int
	}{
		"a pod that does not come back": {func(s *scene) { s.breaks = "node-2" }, "CrashLoopBackOff back-off 10s; it ended with status 1: port 24007 is taken. No other pod was touched", 2},
		"entries that do not heal":      {func(s *scene) { s.healing = 1000 }, "not all is whole after 1m0s: volume vol_1 has entries to heal: 9", 1},
		"too few replicas":              {func(s *scene) { s.replicas = 1 }, "too few replicas, and stop while a pod is replaced: vol_1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, oldPods()...)
				test.change(s)
				err := s.Replace(t.Context())
				if !isStopped(err) || !strings.Contains(err.Error(), test.says) || len(s.deleted) != test.deleted {
					t.Errorf("%v, want %q; deleted were %v, want %d", err, test.says, s.deleted, test.deleted)
				}
			})
		})
	}
}

// TestReplaceMendsFirst replaces a pod that does not run before all others, though not all is whole.
func TestReplaceMendsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, podOn("node-1", "old"), down(podOn("node-2", "bad")), podOn("node-3", "old"))
		const want = "[node-2 with 0 to heal node-1 with 0 to heal node-3 with 0 to heal]"
		if err := s.Replace(t.Context()); err != nil || fmt.Sprint(s.deleted) != want {
			t.Errorf("%v; deleted were %v, want %s", err, s.deleted, want)
		}
	})
}

// TestReplaceAllowsOutage goes on where a person wants it to.
func TestReplaceAllowsOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		s.replicas, s.AllowOutage, s.RaiseOpVersion = 1, true, true
		if err := s.Replace(t.Context()); err != nil || len(s.deleted) != 3 {
			t.Errorf("%v; deleted were %v, want three", err, s.deleted)
		}
		s.says(t, "raised the op-version of the pool of node node-1 from 100000 to 110000")
	})
}

// TestReplaceRefuses names what keeps it from beginning.
func TestReplaceRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*testing.T, *scene)
		says   string
	}{
		"no right":     {func(_ *testing.T, s *scene) { s.denied = "delete" }, "you may not delete pods in glusterfs"},
		"no DaemonSet": {func(_ *testing.T, s *scene) { s.Namespace = "default" }, "there is no DaemonSet default/glusterfs"},
		"RollingUpdate": {func(t *testing.T, s *scene) {
			rolling := daemonSet()
			rolling.Spec.UpdateStrategy.Type = appsv1.RollingUpdateDaemonSetStrategyType
			if _, err := s.client.AppsV1().DaemonSets("glusterfs").Update(t.Context(), rolling, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
		}, "set it to OnDelete"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, oldPods()...)
			test.change(t, s)
			if err := s.Replace(t.Context()); err == nil || !strings.Contains(err.Error(), test.says) || len(s.deleted) > 0 {
				t.Errorf("%v, want %q; deleted were %v", err, test.says, s.deleted)
			}
		})
	}
}

// TestRestart makes all pods older than the template first, so that it is known which are still to be replaced.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, podOn("node-1", "new"), podOn("node-2", "new"), podOn("node-3", "new"))
		if err := s.Plan(t.Context()); err != nil {
			t.Error(err)
		}
		s.Restart = true
		if err := s.Replace(t.Context()); err != nil {
			t.Error(err)
		}
		marked, err := s.client.AppsV1().DaemonSets("glusterfs").Get(t.Context(), "glusterfs", metav1.GetOptions{})
		if err != nil || marked.Spec.Template.Annotations[restartedAt] != time.Now().Format(time.RFC3339) {
			t.Errorf("%v; the template is annotated with %v", err, marked.Spec.Template.Annotations)
		}
	})
}

// TestPlan tells what would be done, and does nothing.
func TestPlan(t *testing.T) {
	s := newScene(t, oldPods()...)
	if err := s.Plan(t.Context()); err != nil || len(s.deleted) > 0 {
		t.Errorf("%v; deleted were %v", err, s.deleted)
	}
	s.says(t, "in this order: glusterfs-old-node-1 on node node-1, glusterfs-old-node-2")
	s.toHeal = 5
	if err := s.Plan(t.Context()); !isStopped(err) || !strings.Contains(err.Error(), "entries to heal: 5") {
		t.Errorf("with 5 to heal: %v", err)
	}
}
