package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"glusterfs-provisioner/test/bench"
)

// faultyClaims is how many claims go through each fault.
const faultyClaims = 20

// scene is a heketi behind a proxy, a provisioner, and a namespace with claims.
// Scenes share nothing but the API server, so they can be played side by side.
type scene struct {
	options   sceneOptions
	heketi    *bench.Heketi
	proxy     *bench.Proxy
	namespace string
	class     string
	claims    []*v1.PersistentVolumeClaim
	// replicas are the provisioner's processes. The first one leads, or it led
	// last, unless the test lets them compete.
	replicas []*provisioner
}

// sceneOptions say how a scene differs from others.
type sceneOptions struct {
	heketi bench.HeketiOptions
	// flags are the provisioner's. The default is fastTries.
	flags []string
	// shares has the volumes share Endpoints.
	shares bool
	// csi has their source be csi.
	csi bool
	// glusterfs has it be glusterfs, although there is the node plugin.
	glusterfs bool
	// gids is how many GIDs the class has. The default is as many as there are
	// claims, so that claims stay without one if any was lost.
	gids int
}

// fastTries are flags that make time-outs quick, and fastTimes a takeover as well.
// That is for scenes in which one is killed: a Lease for a few seconds is easily
// lost on a busy machine.
var (
	fastTries = []string{"--heketi-request-timeout=2s", "--heketi-operation-timeout=20s", "--gluster-settle-time=1s", "--retry-interval-max=1s"}
	fastTimes = slices.Concat(fastTries, fastElection)
)

func newScene(t *testing.T, options sceneOptions) *scene {
	t.Helper()
	if options.flags == nil {
		options.flags = fastTries
	}
	if options.gids == 0 {
		options.gids = faultyClaims
	}
	s := &scene{options: options, heketi: startHeketi(t, options.heketi)}
	t.Cleanup(func() { s.discard(t) })
	s.proxy = startProxy(t, s.heketi)
	s.start(t, "test.gluster.org/"+unique("p"))
	s.namespace = newNamespace(t)
	first := 1_000_000 + 1000*int(serial.Add(1))
	s.class = s.newClass(t, first, first+options.gids-1)
	return s
}

// newClass makes a class of the scene with a range of GIDs.
func (s *scene) newClass(t *testing.T, gidMin, gidMax int) string {
	t.Helper()
	parameters := map[string]string{
		"resturl": s.proxy.URL(), "gidMin": fmt.Sprint(gidMin), "gidMax": fmt.Sprint(gidMax),
	}
	change := []func(*storagev1.StorageClass){growable}
	if s.options.shares {
		change = append(change, with(sharing))
	}
	if s.options.csi {
		change = append(change, with(ofCSI))
	}
	if s.options.glusterfs {
		change = append(change, with(ofGlusterfs))
	}
	return newClass(t, s.provisioner(), nil, parameters, change...).Name
}

// discard removes the scene's objects, after its provisioner and without it. The
// processes of all scenes to come would read them.
func (s *scene) discard(t *testing.T) {
	t.Helper()
	if len(s.replicas) == 0 || s.namespace == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), soon)
	defer cancel()
	core := env.client.CoreV1()
	pvs, err := s.persistentVolumes(ctx)
	failures := []error{err}
	// There is no function for all Services.
	for _, resource := range []string{"persistentvolumeclaims", "services", "endpoints"} {
		failures = append(failures, core.RESTClient().Delete().Namespace(s.namespace).Resource(resource).Do(ctx).Error())
	}
	failures = append(failures, removeVolumes(ctx, pvs))
	for _, err := range failures {
		if err != nil && !apierrors.IsNotFound(err) {
			t.Errorf("cannot remove what is left of the scene: %v", err)
		}
	}
}

func stopAtEnd(t *testing.T) func(*bench.Proxy, error) *bench.Proxy {
	return func(proxy *bench.Proxy, err error) *bench.Proxy {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := proxy.Stop(); err != nil {
				t.Error(err)
			}
		})
		return proxy
	}
}

// provisioner is the process that leads, or led last.
func (s *scene) provisioner() *provisioner { return s.replicas[0] }

// start starts a provisioner and makes it the scene's only one.
func (s *scene) start(t *testing.T, name string) {
	t.Helper()
	started := launch(t, name, s.options.flags...)
	started.waitLeading(t)
	s.replicas = []*provisioner{started}
}

// restart starts the provisioner anew, after kill.
func (s *scene) restart(t *testing.T) {
	t.Helper()
	s.start(t, s.provisioner().name)
}

// kill ends the provisioner at once.
func (s *scene) kill(t *testing.T) {
	t.Helper()
	if err := s.provisioner().Kill(); err != nil {
		t.Fatal(err)
	}
}

// revive starts each process anew, as kubelet would, that has ended.
func (s *scene) revive(t *testing.T) {
	t.Helper()
	for i, replica := range s.replicas {
		select {
		case <-replica.Ended():
			failOnRace(t, replica)
			s.replicas[i] = launch(t, replica.name, s.options.flags...)
		default:
		}
	}
}

func failOnRace(t *testing.T, p *provisioner) {
	t.Helper()
	if output := p.Output(); strings.Contains(output, "DATA RACE") {
		t.Fatalf("data race:\n%s", lastLines(output, 80))
	}
}

// claim makes the claims.
func (s *scene) claim(t *testing.T) {
	t.Helper()
	for range faultyClaims {
		s.claims = append(s.claims, newClaim(t, s.namespace, s.class, "1Gi"))
	}
}

// unclaim deletes the claims, and returns them.
func (s *scene) unclaim(t *testing.T) []*v1.PersistentVolumeClaim {
	t.Helper()
	deleted := s.claims
	for _, claim := range deleted {
		deleteClaim(t, claim)
	}
	s.claims = nil
	return deleted
}
