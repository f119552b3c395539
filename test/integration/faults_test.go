package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// faultyClaims is how many claims go through each fault.
const faultyClaims = 20

// recovery bounds how long everything may take to be right again after a fault.
const recovery = 2 * time.Minute

// scene is a heketi behind a proxy, a provisioner, and a namespace with claims.
type scene struct {
	heketi      *bench.Heketi
	proxy       *bench.Proxy
	provisioner *provisioner
	namespace   string
	class       string
	claims      []*v1.PersistentVolumeClaim
	// shares says that the volumes share Endpoints.
	shares bool
}

// fastTimes are flags that make time-outs and a takeover quick.
var fastTimes = append([]string{"--heketi-request-timeout=2s", "--heketi-operation-timeout=20s", "--retry-interval-max=1s"}, fastElection...)

func newScene(t *testing.T, options bench.HeketiOptions) *scene {
	t.Helper()
	s := &scene{heketi: startHeketi(t, options)}
	proxy, err := bench.StartProxy(t.Context(), s.heketi)
	if err != nil {
		t.Fatal(err)
	}
	s.proxy = proxy
	t.Cleanup(func() {
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
	})
	s.start(t, "test.gluster.org/"+unique("p"))
	s.namespace = newNamespace(t)
	s.class = newClass(t, s.provisioner, nil, map[string]string{"resturl": proxy.URL()}).Name
	return s
}

// share has the volumes of claims to come share Endpoints.
func (s *scene) share(t *testing.T) {
	t.Helper()
	s.shares = true
	s.class = newClass(t, s.provisioner, nil, map[string]string{"resturl": s.proxy.URL()}, with(sharing)).Name
}

// start starts a provisioner and makes it the scene's.
func (s *scene) start(t *testing.T, name string) {
	t.Helper()
	s.provisioner = launch(t, name, fastTimes...)
	s.provisioner.waitLeading(t)
}

// claim makes the claims.
func (s *scene) claim(t *testing.T) {
	t.Helper()
	for range faultyClaims {
		s.claims = append(s.claims, newClaim(t, s.namespace, s.class, "1Gi"))
	}
}

// unclaim deletes the claims.
func (s *scene) unclaim(t *testing.T) {
	t.Helper()
	for _, claim := range s.claims {
		deleteClaim(t, claim)
	}
	s.claims = nil
}

// kill ends the provisioner at once.
func (s *scene) kill(t *testing.T) {
	t.Helper()
	if err := s.provisioner.Kill(); err != nil {
		t.Fatal(err)
	}
}

// restart starts the provisioner anew.
func (s *scene) restart(t *testing.T) {
	t.Helper()
	s.start(t, s.provisioner.name)
}

// checkPromises waits until everything is as it should be: each claim is Bound to
// one volume of its own, with a GID of its own, and there is nothing else.
func (s *scene) checkPromises(t *testing.T) {
	t.Helper()
	bench.Eventually(t, recovery, func(ctx context.Context) error {
		s.revive(t)
		return s.broken(ctx)
	})
	waitJournalEmpty(t, s.provisioner)
	if strings.Contains(s.provisioner.Output(), "DATA RACE") {
		t.Errorf("data race:\n%s", s.provisioner.Output())
	}
}

// broken returns what is not as it should be.
func (s *scene) broken(ctx context.Context) error {
	volumes, err := s.heketi.Volumes()
	if err != nil {
		return err
	}
	byName, gids := map[string]api.VolumeInfoResponse{}, map[int64]string{}
	for _, made := range volumes {
		if other, shared := gids[made.Gid]; shared {
			return bench.Final(fmt.Errorf("volumes %s and %s share GID %d", made.Name, other, made.Gid))
		}
		if _, twice := byName[made.Name]; twice {
			return bench.Final(fmt.Errorf("there are two volumes %s", made.Name))
		}
		byName[made.Name], gids[made.Gid] = made, made.Name
	}
	for _, claim := range s.claims {
		if err := s.brokenClaim(ctx, claim, byName); err != nil {
			return err
		}
	}
	return s.leftovers(ctx, len(volumes))
}

func (s *scene) brokenClaim(ctx context.Context, claim *v1.PersistentVolumeClaim, volumes map[string]api.VolumeInfoResponse) error {
	now, err := env.client.CoreV1().PersistentVolumeClaims(s.namespace).Get(ctx, claim.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if now.Status.Phase != v1.ClaimBound {
		return fmt.Errorf("claim %s is %s; its events:\n%s", claim.Name, now.Status.Phase, strings.Join(eventsOf(ctx, claim.UID), "\n"))
	}
	pv, err := env.client.CoreV1().PersistentVolumes().Get(ctx, now.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	made, exists := volumes["pvc-"+string(claim.UID)]
	if !exists || made.Id != pv.Annotations[volume.AnnotationVolumeID] || fmt.Sprint(made.Gid) != pv.Annotations[volume.AnnotationGID] {
		return fmt.Errorf("claim %s has volume %s with GID %s, heketi has %s with GID %d", claim.Name,
			pv.Annotations[volume.AnnotationVolumeID], pv.Annotations[volume.AnnotationGID], made.Id, made.Gid)
	}
	return nil
}

// leftovers returns what there is beyond one of each per claim.
func (s *scene) leftovers(ctx context.Context, volumes int) error {
	services, endpoints, err := countEndpoints(ctx, s.namespace, "")
	if err != nil {
		return err
	}
	persistentVolumes, err := env.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	var ours []string
	for _, pv := range persistentVolumes.Items {
		if pv.Spec.StorageClassName == s.class {
			ours = append(ours, fmt.Sprintf("%s (%s, of claim %s)", pv.Name, pv.Status.Phase, pv.Spec.ClaimRef.Name))
		}
	}
	want := len(s.claims)
	wantEndpoints := want
	if s.shares {
		if wantEndpoints, err = 0, s.brokenShared(ctx); err != nil {
			return err
		}
	}
	if volumes == want && len(ours) == want && services == wantEndpoints && endpoints == wantEndpoints {
		return nil
	}
	return fmt.Errorf("for %d claims there are %d volumes, %d Services, %d Endpoints, and %d PersistentVolumes: %s",
		want, volumes, services, endpoints, len(ours), strings.Join(ours, ", "))
}

// brokenShared returns what is wrong with the Endpoints that the claims' volumes
// share: they are right if there are claims, and else not there.
func (s *scene) brokenShared(ctx context.Context) error {
	services, endpoints, err := countEndpoints(ctx, ourNamespace, "gluster.org/heketi-cluster="+s.heketi.Clusters()[0])
	switch {
	case err != nil:
		return err
	case len(s.claims) > 0:
		return wrongEndpoints(ctx, sharedOf(s.heketi), firstHosts)
	case services+endpoints > 0:
		return fmt.Errorf("without claims there are %d shared Services, %d shared Endpoints", services, endpoints)
	}
	return nil
}

// waitReached waits until a disturbance has happened.
func waitReached(t *testing.T, d *bench.Disturbance) {
	t.Helper()
	select {
	case <-d.Reached():
	case <-time.After(recovery):
		t.Fatal("the request to be disturbed never came")
	}
}

// waitLogged waits until the provisioner has logged a text.
func (s *scene) waitLogged(t *testing.T, text string) {
	t.Helper()
	bench.Eventually(t, recovery, func(context.Context) error {
		if !strings.Contains(s.provisioner.Output(), text) {
			return fmt.Errorf("%q is not in the log", text)
		}
		return nil
	})
}

// TestFaultAPIServerRestarted restarts the API server in the middle of a burst.
func TestFaultAPIServerRestarted(t *testing.T) {
	s := newScene(t, bench.HeketiOptions{})
	s.claim(t)
	bench.Eventually(t, recovery, func(context.Context) error {
		volumes, err := s.heketi.Volumes()
		if err == nil && len(volumes) == 0 {
			err = errorOf("no volume is made yet")
		}
		return err
	})
	if err := env.cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	if err := env.cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}

// revive starts the provisioner, as kubelet would, if it has ended.
func (s *scene) revive(t *testing.T) {
	t.Helper()
	select {
	case <-s.provisioner.Ended():
		s.restart(t)
	default:
	}
}
