package monitoring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// quiet is for how long no alert may fire while all is well, once all that rules look back at
// is of that time.
const quiet = 15 * time.Second

var (
	// bricksOnly are the alerts that only real bricks can bring about: TestMountAlertsInPrometheus in
	// test/csi does. promtool tests them, as all others.
	bricksOnly = []string{"GlusterfsMountsUnreachable", "GlusterfsMountsDead", "GlusterfsMountsNotLookedAt"}
	// ofKeeper are those of a heketi with a keeper, and ofHosts those of GlusterFS in pods. There is neither here.
	ofKeeper = []string{
		"GlusterfsHeketiNotKept", "GlusterfsHeketiDatabaseNotSaved", "GlusterfsHeketiOperationsLeftAlone",
		"GlusterfsClusterNotReady", "GlusterfsDisksNotOnline",
	}
	ofHosts = []string{"GlusterfsHostAway", "GlusterfsGlusterdDown", "GlusterfsBricksDown", "GlusterfsHostNotLookedAt"}
	// ofReplicas are those that fire when replicas end.
	ofReplicas = []string{"GlusterfsProvisionerNoStandby", "GlusterfsProvisionerTwoLeaders", "GlusterfsProvisionerNoLeader"}
)

// TestAlertsInPrometheus breaks what can be broken on the bench, and sees every alert fire for
// it in a real Prometheus that scrapes the real provisioner, node plugin and heketi. Before that none
// fires. Then it runs the queries of the dashboard, which all have to give data.
func TestAlertsInPrometheus(t *testing.T) {
	onlyIfWanted(t)
	s := newStage(t)
	heketi := s.heketi(t, bench.HeketiOptions{})
	small := s.heketi(t, bench.HeketiOptions{DevicesPerNode: 1})
	interrupted := s.heketi(t, bench.HeketiOptions{Faults: []bench.Fault{{Command: "volume add-brick", Pause: 3 * time.Second}}})
	secure := s.heketi(t, bench.HeketiOptions{TLS: true, CertificateLife: 36 * time.Hour})
	slow := s.heketi(t, bench.HeketiOptions{Faults: []bench.Fault{{Command: "volume create", Pause: 125 * time.Second}}})

	leader := s.provisioner(t, "glusterfs-provisioner-a")
	bench.Eventually(t, patience, func(ctx context.Context) error {
		now, err := s.client.CoordinationV1().Leases(ours).Get(ctx, lease, metav1.GetOptions{})
		if err == nil && now.Spec.HolderIdentity == nil {
			err = errors.New("nobody leads")
		}
		return err
	})
	standby := s.provisioner(t, "glusterfs-provisioner-b")
	prometheus := s.prometheus(t, heketi, small, interrupted)
	waitScraped(t, prometheus, "glusterfs-provisioner", 2)
	waitScraped(t, prometheus, "heketi", 3)
	waitCalm(t, prometheus)
	alerts := watch(t, prometheus)

	s.class(t, "good", heketi.URL(), keyOf(heketi), map[string]string{"gidMin": "2000", "gidMax": "2999"})
	for i := range 3 {
		s.claim(t, fmt.Sprintf("good-%d", i), "good", "1Gi")
	}
	for i := range 3 {
		s.bound(t, fmt.Sprintf("good-%d", i))
	}
	noneFires(t, alerts)

	kubeletDir, plugin := s.plugin(t)
	keepStaging(t, kubeletDir, s.bound(t, "good-1"))
	waitScraped(t, prometheus, "glusterfs-csi-node", 1)
	s.class(t, "slow", slow.URL(), keyOf(slow), nil)
	s.claim(t, "slow", "slow", "1Gi")
	s.breakHeketis(t, heketi, small, secure)
	s.loseHeketi(t)
	s.breakVolumes(t, heketi)
	s.interruptExpansion(t, interrupted)
	s.fightOverEndpoints(t, heketi)

	named := func(names ...string) []Rule {
		return slices.DeleteFunc(rulesOf(t).All(), func(rule Rule) bool { return !slices.Contains(names, rule.Alert) })
	}
	alerts.wait(t, named("GlusterfsExpansionHalfDone", "GlusterfsHeketiOperationsStuck"))
	if err := interrupted.Client().PendingOperationCleanUp(&api.PendingOperationsCleanRequest{}); err != nil {
		t.Fatal(err)
	}
	alerts.wait(t, slices.DeleteFunc(rulesOf(t).All(), func(rule Rule) bool {
		return slices.Contains(slices.Concat(ofReplicas, bricksOnly, ofKeeper, ofHosts), rule.Alert)
	}))
	dashboardHasData(t, prometheus)

	s.end(t, standby)
	alerts.wait(t, named("GlusterfsProvisionerNoStandby"))
	second := s.provisioner(t, "glusterfs-provisioner-c", "--kubeconfig="+s.cluster.Kubeconfig(), "--namespace=elsewhere")
	alerts.wait(t, named("GlusterfsProvisionerTwoLeaders"))
	s.end(t, second)
	s.end(t, leader)
	alerts.wait(t, named("GlusterfsProvisionerNoLeader"))
	s.end(t, plugin)
	t.Logf("%d alerts have fired: %q", len(alerts.names()), alerts.names())
}

// noneFires looks for a while, in which each rule is evaluated many times.
func noneFires(t *testing.T, alerts *fired) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(pace.MaxWindow + quiet):
	}
	if names := alerts.names(); len(names) > 0 {
		t.Fatalf("all is well, and %q have fired", names)
	}
}

// loseHeketi has a heketi go away while claims wait, are deleted and grow, and one that goes away
// when it has been asked for a volume.
func (s *stage) loseHeketi(t *testing.T) {
	t.Helper()
	away := s.heketi(t, bench.HeketiOptions{})
	s.class(t, "away", away.URL(), keyOf(away), nil)
	for _, name := range []string{"away-deleted", "away-raised"} {
		s.claim(t, name, "away", "1Gi")
		s.bound(t, name)
	}
	asked := s.proxy(t, away)
	accepted := asked.Disturb("POST", "^/volumes$", bench.HoldAnswer)
	s.class(t, "unfinished", asked.URL(), keyOf(away), nil)
	s.claim(t, "unfinished", "unfinished", "1Gi")
	<-accepted.Reached()
	for _, end := range []func() error{asked.Down, away.Kill} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	s.claim(t, "away-waits", "away", "1Gi")
	s.raise(t, "away-raised", "2Gi")
	must[[]byte](t)(s.cluster.Kubectl(t.Context(), "-n", claims, "delete", "pvc", "away-deleted", "--wait=false"))
}

// breakHeketis has classes whose heketi refuses the key, has another time, is full, busy or about to
// lose its certificate, and a class that is wrong.
func (s *stage) breakHeketis(t *testing.T, heketi, small, secure *bench.Heketi) {
	t.Helper()
	refused := s.proxy(t, heketi)
	s.class(t, "refused", refused.URL(), map[string]string{"key": "wrong"}, nil)
	s.claim(t, "refused", "refused", "1Gi")

	skewed := s.proxy(t, heketi)
	for _, method := range []string{"GET", "POST"} {
		skewed.Disturb(method, "", bench.ShiftClock(10*time.Minute))
	}
	s.class(t, "skewed", skewed.URL(), keyOf(heketi), nil)
	s.claim(t, "skewed", "skewed", "1Gi")

	s.class(t, "secure", secure.URL(), keyOf(secure), nil)
	s.claim(t, "secure", "secure", "1Gi")

	busy := s.proxy(t, heketi)
	busy.Disturb("POST", "^/volumes$", bench.Answer(429, "Too many requests in-flight"))
	s.class(t, "busy", busy.URL(), keyOf(heketi), nil)
	for i := range 20 {
		s.claim(t, fmt.Sprintf("busy-%d", i), "busy", "1Gi")
	}

	s.class(t, "full", small.URL(), keyOf(small), nil)
	s.claim(t, "full", "full", "460Gi")
	s.bound(t, "full")
	s.claim(t, "full-waits", "full", "460Gi")

	s.class(t, "wrong", heketi.URL(), keyOf(heketi), map[string]string{"volumetype": "many"})
}

// breakVolumes has a class that has no GIDs left, and somebody who makes and deletes volumes in
// heketi by hand.
func (s *stage) breakVolumes(t *testing.T, heketi *bench.Heketi) {
	t.Helper()
	s.class(t, "narrow", heketi.URL(), keyOf(heketi), map[string]string{"gidMin": "5000", "gidMax": "5001"})
	for _, name := range []string{"narrow-1", "narrow-2"} {
		s.claim(t, name, "narrow", "1Gi")
		s.bound(t, name)
	}
	lost := s.bound(t, "good-0").Annotations[volume.AnnotationVolumeID]
	must[[]byte](t)(heketi.CLI(t.Context(), "volume", "delete", lost))
	must[[]byte](t)(heketi.CLI(t.Context(), "volume", "create", "--size=1",
		"--gid="+s.bound(t, "good-1").Annotations[volume.AnnotationGID], "--name=pvc-11111111-1111-4111-8111-111111111111"))
}

// interruptExpansion kills a heketi while it expands a volume, when gluster has the bricks.
func (s *stage) interruptExpansion(t *testing.T, heketi *bench.Heketi) {
	t.Helper()
	proxy := s.proxy(t, heketi)
	proxy.GlusterIsAhead()
	s.class(t, "interrupted", proxy.URL(), keyOf(heketi), nil)
	s.claim(t, "interrupted", "interrupted", "1Gi")
	s.bound(t, "interrupted")
	s.raise(t, "interrupted", "2Gi")
	bench.Eventually(t, patience, func(context.Context) error {
		pending, err := heketi.Client().PendingOperationList()
		if err == nil && len(pending.PendingOperations) == 0 {
			err = errors.New("heketi does not expand yet")
		}
		return err
	})
	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// fightOverEndpoints deletes the Endpoints of some volumes again and again until the test ends.
func (s *stage) fightOverEndpoints(t *testing.T, heketi *bench.Heketi) {
	t.Helper()
	s.class(t, "fought", heketi.URL(), keyOf(heketi), map[string]string{"pvsource": "glusterfs"})
	for i := range 12 {
		s.claim(t, fmt.Sprintf("fought-%d", i), "fought", "1Gi")
	}
	for i := range 12 {
		s.bound(t, fmt.Sprintf("fought-%d", i))
	}
	go func() {
		for t.Context().Err() == nil {
			_ = s.client.CoreV1().Endpoints(claims).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
			select {
			case <-t.Context().Done():
			case <-time.After(3 * time.Second):
			}
		}
	}()
}
