package integration

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestFaultAnswers disturbs the requests to heketi, first while volumes are made
// and then while they are deleted. When the disturbance is over, all is right.
func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	const operation, poll = "^/volumes(/[0-9a-f]+)?$", "^/queue/"
	for name, disturb := range map[string]func(p *bench.Proxy) *bench.Disturbance{
		"the answer to a create or delete is lost": func(p *bench.Proxy) *bench.Disturbance {
			p.Disturb("DELETE", operation, bench.LoseAnswer)
			return p.Disturb("POST", operation, bench.LoseAnswer)
		},
		"a gateway times out after passing a create or delete on": func(p *bench.Proxy) *bench.Disturbance {
			p.Disturb("DELETE", operation, bench.PassOnAndAnswer(http.StatusGatewayTimeout, "upstream timed out"))
			return p.Disturb("POST", operation, bench.PassOnAndAnswer(http.StatusGatewayTimeout, "upstream timed out"))
		},
		"creates and deletes are cut": func(p *bench.Proxy) *bench.Disturbance {
			p.Disturb("DELETE", operation, bench.Cut)
			return p.Disturb("POST", operation, bench.Cut)
		},
		"polls are cut": func(p *bench.Proxy) *bench.Disturbance { return p.Disturb("GET", poll, bench.Cut) },
		"polls lose their answers": func(p *bench.Proxy) *bench.Disturbance {
			return p.Disturb("GET", poll, bench.LoseAnswer)
		},
		"polls are answered 500": func(p *bench.Proxy) *bench.Disturbance {
			return p.Disturb("GET", poll, bench.Answer(http.StatusInternalServerError, "something broke"))
		},
		"polls are answered 502": func(p *bench.Proxy) *bench.Disturbance {
			return p.Disturb("GET", poll, bench.Answer(http.StatusBadGateway, "bad gateway"))
		},
		"polls are answered 503": func(p *bench.Proxy) *bench.Disturbance {
			return p.Disturb("GET", poll, bench.Answer(http.StatusServiceUnavailable, "no backend"))
		},
		"the queue has forgotten the jobs": func(p *bench.Proxy) *bench.Disturbance {
			return p.Disturb("GET", poll, bench.PassOnAndAnswer(http.StatusNotFound, "Id not found"))
		},
		"heketi is busy": func(p *bench.Proxy) *bench.Disturbance {
			p.Disturb("DELETE", operation, bench.Answer(http.StatusTooManyRequests, "Server busy. Retry operation later."))
			return p.Disturb("POST", operation, bench.Answer(http.StatusTooManyRequests, "Server busy. Retry operation later."))
		},
		"heketi accepts connections and never answers": func(p *bench.Proxy) *bench.Disturbance {
			p.Disturb("DELETE", "", bench.Hold)
			p.Disturb("POST", "", bench.Hold)
			return p.Disturb("GET", "", bench.Hold)
		},
		"heketi answers after its time-out": func(p *bench.Proxy) *bench.Disturbance {
			p.Disturb("DELETE", operation, bench.Delay(3*time.Second))
			return p.Disturb("POST", operation, bench.Delay(3*time.Second))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{})
			d := disturb(s.proxy)
			s.claim(t)
			s.waitReached(t, d)
			s.proxy.Calm()
			s.checkPromises(t)

			disturb(s.proxy)
			s.unclaim(t)
			s.eventually(t, s.someDeletionFailed)
			s.proxy.Calm()
			s.checkPromises(t)
		})
	}
}

// someDeletionFailed returns nil once a PersistentVolume of the scene says that
// its deletion failed, or when none is left since the fault did not hurt.
func (s *scene) someDeletionFailed(ctx context.Context) error {
	volumes, err := s.persistentVolumes(ctx)
	if err != nil {
		return err
	}
	for _, pv := range volumes {
		for _, event := range eventsOf(pv.UID) {
			if containsAll(event, []string{"VolumeFailedDelete"}) {
				return nil
			}
		}
	}
	if len(volumes) == 0 {
		return nil
	}
	return fmt.Errorf("%d PersistentVolumes are left, and none says why", len(volumes))
}

// TestFaultHeketiAway has heketi refuse connections for a while.
func TestFaultHeketiAway(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{})
	if err := s.proxy.Down(); err != nil {
		t.Fatal(err)
	}
	s.claim(t)
	s.waitEvent(t, s.claims[0].UID, "ProvisioningFailed", "connection refused")
	// A claim goes while heketi is away: nothing holds it, since nothing was begun.
	deleteClaim(t, s.claims[0])
	waitClaimGone(t, s.claims[0])
	s.claims = s.claims[1:]
	if err := s.proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
	if err := s.proxy.Down(); err != nil {
		t.Fatal(err)
	}
	s.unclaim(t)
	s.eventually(t, s.someDeletionFailed)
	if err := s.proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
}

// TestFaultHeketiWasAwayForLong has heketi refuse connections for as long as claims have become rarely tried for. Once it is back,
// they do not wait for that.
func TestFaultHeketiWasAwayForLong(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{flags: []string{"--retry-interval-start=1h", "--retry-interval-max=1h"}})
	if err := s.proxy.Down(); err != nil {
		t.Fatal(err)
	}
	s.claim(t)
	s.waitEvent(t, s.claims[0].UID, "ProvisioningFailed", "connection refused")
	if err := s.proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
}

// TestFaultHeketiKilled kills heketi while it makes volumes, and while it deletes
// them. After its restart it holds their names, half made, until it has cleaned
// up, which the provisioner has it do.
func TestFaultHeketiKilled(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{heketi: bench.HeketiOptions{Faults: []bench.Fault{
		{Command: "volume create", Pause: 2 * time.Second},
		{Command: "volume stop", Pause: 2 * time.Second},
	}}})
	s.claim(t)
	s.killHeketiAtWork(t)
	s.checkPromises(t)
	s.unclaim(t)
	s.killHeketiAtWork(t)
	s.checkPromises(t)
}

// killHeketiAtWork kills heketi once it has operations under way, and starts it
// again.
func (s *scene) killHeketiAtWork(t *testing.T) {
	t.Helper()
	s.eventually(t, func(context.Context) error {
		operations, err := s.heketi.Client().OperationsInfo()
		if err != nil {
			return err
		}
		if operations.InFlight == 0 {
			return errorOf("heketi does nothing")
		}
		return nil
	})
	if err := s.heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestFaultFullCluster has a class with two clusters, the first of which is full,
// and loses the answers of the second.
func TestFaultFullCluster(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Clusters: 2, DevicesPerNode: 1})
	clusters := slices.Clone(heketi.Clusters())
	slices.Sort(clusters)
	filling := &api.VolumeCreateRequest{Size: 490, Name: "filling", Clusters: clusters[:1]}
	filling.Durability.Type = api.DurabilityReplicate
	filling.Durability.Replicate.Replica = 3
	must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(filling))

	proxy := startProxy(t, heketi)
	p := launch(t, "test.gluster.org/"+unique("p"), fastTimes...)
	p.waitLeading(t)
	class := newClass(t, p, nil, map[string]string{"resturl": proxy.URL(), "clusterid": clusters[0] + "," + clusters[1]})
	namespace := newNamespace(t)
	polls := proxy.Disturb("GET", "^/queue/", bench.LoseAnswer)
	var claims []*v1.PersistentVolumeClaim
	for range 5 {
		// Larger than what is left in the first cluster.
		claims = append(claims, newClaim(t, namespace, class.Name, "20Gi"))
	}
	select {
	case <-polls.Reached():
	case <-time.After(recovery):
		t.Fatal("heketi was never polled")
	}
	proxy.Calm()
	for _, claim := range claims {
		if cluster := waitBound(t, claim).Annotations[volume.AnnotationClusterID]; cluster != clusters[1] {
			t.Errorf("%s is in cluster %s, want %s", claim.Name, cluster, clusters[1])
		}
	}
	if made := len(volumesIn(t, heketi)) - 1; made != len(claims) {
		t.Errorf("heketi has %d volumes for %d claims", made, len(claims))
	}
	tooLarge := newClaim(t, namespace, class.Name, "600Gi")
	waitEvent(t, tooLarge.UID, "no space", clusters[0], clusters[1])
}

// TestFaultClassMadeAnew makes the class anew for another heketi while volumes
// are being made in the first: what was begun there is undone.
func TestFaultClassMadeAnew(t *testing.T) {
	t.Parallel()
	// After 25 events on one object client-go drops most of the further ones, and
	// with them why it fails now, so the claims are not tried too often.
	s := newScene(t, sceneOptions{flags: append(slices.Clone(fastTries), "--retry-interval-start=2s", "--retry-interval-max=4s")})
	other := startHeketi(t, bench.HeketiOptions{})
	s.proxy.Disturb("GET", "^/queue/", bench.Cut)
	s.proxy.Disturb("GET", "^/db/dump$", bench.Cut)
	s.claim(t)
	for _, claim := range s.claims {
		s.waitEvent(t, claim.UID, "ProvisioningFailed", "outcome unknown")
	}
	deleteClass(t, s.class)
	newClass(t, s.provisioner(), other, nil, func(anew *storagev1.StorageClass) { anew.Name = s.class })
	for _, claim := range s.claims {
		s.waitEvent(t, claim.UID, "ProvisioningFailed", "has changed since the volume was begun")
	}
	s.proxy.Calm()
	first := s.heketi
	s.heketi = other
	s.checkPromises(t)
	if left := len(volumesIn(t, first)); left > 0 {
		t.Errorf("%d volumes are left in the first heketi", left)
	}
}
