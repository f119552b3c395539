package integration

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// exitOf returns how a process ended.
func exitOf(t *testing.T, p *provisioner) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	code, err := p.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestWrongStart starts the process in ways that cannot work. It ends with one
// clear message and a status that is not 0.
func TestWrongStart(t *testing.T) {
	for name, test := range map[string]struct {
		provisioner string
		flag        string
		want        []string
	}{
		"Kubernetes' own name":   {"kubernetes.io/glusterfs", "--v=0", []string{"--provisioner-name=kubernetes.io/glusterfs", "gluster.org/glusterfs"}},
		"unknown flag":           {"a.b/c", "--qps=3", []string{"unknown flag: --qps", "--help"}},
		"bad value":              {"a.b/c", "--worker-threads=0", []string{"--worker-threads=0", "at least 1"}},
		"no such kubeconfig":     {"a.b/c", "--kubeconfig=/nowhere", []string{"/nowhere", "no such file"}},
		"address already in use": {"a.b/c", "--http-address=256.0.0.1:80", []string{"--http-address=256.0.0.1:80"}},
		"bad log format":         {"a.b/c", "--logging-format=xml", []string{"xml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, test.provisioner, test.flag)
			if code := exitOf(t, p); code == 0 {
				t.Error("it ended with 0")
			}
			if output := p.Output(); !containsAll(output, test.want) {
				t.Errorf("it said %q, which lacks some of %q", output, test.want)
			}
		})
	}
}

// TestFaultAPIServerIsAway starts the process while the API server is away. It waits, says so, and
// provisions as soon as the API server is back. One that is told to end while it waits, ends.
func TestFaultAPIServerIsAway(t *testing.T) {
	t.Parallel()
	proxy, through := apiServerProxy(t)
	if err := proxy.Down(); err != nil {
		t.Fatal(err)
	}
	p := launch(t, "test.gluster.org/"+unique("p"), through)
	told := launch(t, p.name, through)
	for _, waiting := range []*provisioner{p, told} {
		bench.Eventually(t, soon, func(context.Context) error {
			if output := waiting.Output(); !containsAll(output, []string{"Waiting for the API server", "cannot reach the API server " + proxy.URL(), "connection refused"}) {
				return errorOf(output)
			}
			return nil
		})
	}
	if status, body := p.get(t, "/livez"); status != http.StatusOK {
		t.Errorf("/livez answers %d %s", status, body)
	}
	if status, body := p.get(t, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "api-server") {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	told.endWell(t)
	if err := proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.waitLeading(t)
	p.endWell(t)
}

func TestHTTPEndpoints(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, nil).Name, "1Gi")
	waitBound(t, claim)
	for _, path := range []string{"/livez", "/healthz", "/readyz"} {
		if status, body := p.get(t, path); status != http.StatusOK || body != "ok\n" {
			t.Errorf("%s is %d %q", path, status, body)
		}
	}
	_, metrics := p.get(t, "/metrics")
	for _, want := range []string{
		"glusterfs_provisioner_leader 1",
		"glusterfs_provisioner_gids_taken ",
		"glusterfs_provisioner_unfinished_volumes ",
		`glusterfs_provisioner_heketi_operation_duration_seconds_count{heketi="` + heketi.URL() + `",operation="create",outcome="ok"} 1`,
		`controller_persistentvolumeclaim_provision_total{class="` + *claim.Spec.StorageClassName + `",source=""} 1`,
		"rest_client_requests_total", "workqueue_depth", "process_resident_memory_bytes",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
}

// fastElection are flags that make a takeover quick.
var fastElection = []string{"--leader-elect-lease-duration=5s", "--leader-elect-renew-deadline=4s", "--leader-elect-retry-period=1s"}

// TestTakeover kills the leader while claims are being made. The other replica
// takes over and finishes, and no volume is made twice.
func TestTakeover(t *testing.T) {
	t.Parallel()
	const count = 20
	heketi := startHeketi(t, bench.HeketiOptions{})
	leader := launch(t, "test.gluster.org/"+unique("p"), fastTimes...)
	leader.waitLeading(t)
	standby := launch(t, leader.name, fastTimes...)
	standby.waitReady(t)
	namespace := newNamespace(t)
	class := newClass(t, leader, heketi, nil)
	var names []string
	for range count {
		names = append(names, newClaim(t, namespace, class.Name, "1Gi").Name)
	}
	bench.Eventually(t, soon, func(context.Context) error {
		if len(volumesIn(t, heketi)) == 0 {
			return errorOf("no volume is made yet")
		}
		return nil
	})
	if err := leader.Kill(); err != nil {
		t.Fatal(err)
	}
	standby.waitLeading(t)
	checkAllBound(t, heketi, namespace, names)
	waitJournalEmpty(t, standby)
	standby.endWell(t)
}

// TestLeaseIsGivenBack ends the leader as Kubernetes would. It gives the Lease
// back, so that nobody waits for it to expire.
func TestLeaseIsGivenBack(t *testing.T) {
	t.Parallel()
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	p.endWell(t)
	name := strings.ReplaceAll(p.name, "/", "-")
	lease := must[*coordinationv1.Lease](t)(env.client.CoordinationV1().Leases(ourNamespace).Get(t.Context(), name, metav1.GetOptions{}))
	if lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != "" {
		t.Errorf("%s still holds the Lease", *lease.Spec.HolderIdentity)
	}
}

// TestLostLeaseEndsTheProcess takes the Lease away.
func TestLostLeaseEndsTheProcess(t *testing.T) {
	t.Parallel()
	p := launch(t, "test.gluster.org/"+unique("p"), fastElection...)
	p.waitLeading(t)
	name := strings.ReplaceAll(p.name, "/", "-")
	bench.Eventually(t, soon, func(ctx context.Context) error {
		lease, err := env.client.CoordinationV1().Leases(ourNamespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		usurper, now, long := "usurper", metav1.NewMicroTime(time.Now()), int32(3600)
		lease.Spec.HolderIdentity, lease.Spec.RenewTime, lease.Spec.LeaseDurationSeconds = &usurper, &now, &long
		_, err = env.client.CoordinationV1().Leases(ourNamespace).Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
	if code := exitOf(t, p); code != 1 {
		t.Errorf("it ended with %d, want 1", code)
	}
	if !strings.Contains(p.Output(), "lost the Lease") {
		t.Errorf("it said:\n%s", lastLines(p.Output(), 10))
	}
}
