package keeper

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// TestHeketiIsReplaced ends a keeper, well or by force, and starts one elsewhere. It has the volumes.
func TestHeketiIsReplaced(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir())
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	k.endWell(t)

	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "first")
	create(t, k.client(t), "second")
	k.kill(t)

	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "first", "second")
	if status, body := k.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	_, metrics := k.get(t, "/metrics")
	for _, want := range []string{"heketi_keeper_serving 1", "heketi_keeper_database_pieces 1", `heketi_keeper_save_duration_seconds_count{outcome="failed"} 0`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
}

// TestOnlyTheKeeperReachesHeketi goes to heketi with the key that the clients have.
func TestOnlyTheKeeperReachesHeketi(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir())
	direct := fmt.Sprintf("http://127.0.0.1:%d", k.heketiPort)
	if status, _ := get(t, direct+"/hello"); status != http.StatusOK {
		t.Fatalf("heketi answers %d", status)
	}
	if _, err := clientAt(t, direct, p.key).ClusterList(); err == nil || !strings.Contains(err.Error(), "signature is invalid") {
		t.Errorf("heketi answers a client of the keeper with error %v", err)
	}
	addNodes(t, k.client(t))
	// A key that is changed counts at once.
	if err := os.WriteFile(p.keyFile, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := clientAt(t, k.at(t, "API"), "another").ClusterList(); err != nil {
		t.Error(err)
	}
	if _, err := k.client(t).ClusterList(); err == nil || !strings.Contains(err.Error(), "not signed with the key of user admin") {
		t.Errorf("with the former key, the error is %v", err)
	}
}

// TestSecondKeeperWaits starts another one beside the first.
func TestSecondKeeperWaits(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	first := p.start(t, t.TempDir())
	addNodes(t, first.client(t))
	create(t, first.client(t), "first")
	second := p.launch(t, t.TempDir())
	second.waitSaid(t, `"Seen who holds the Lease"`)
	if status, body := second.get(t, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "another keeper has the Lease") {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	// One that waits ends at once.
	third := p.launch(t, t.TempDir())
	third.waitSaid(t, `"Seen who holds the Lease"`)
	third.endWell(t)
	// One in the same folder does not even wait.
	if same := p.launch(t, first.folder); same.waitEnded(t) != 1 || !strings.Contains(same.Output(), "another process has it") {
		t.Error("two have the same folder")
	}
	first.kill(t)
	second.waitServing(t)
	expectVolumes(t, second.client(t), "first")
	if _, err := clientAt(t, fmt.Sprintf("http://127.0.0.1:%d", first.heketiPort), p.key).ClusterList(); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("the heketi of the first answers with error %v", err)
	}
}

// TestKeeperRefusesToStartEmpty has a PersistentVolume whose volume heketi would not know.
func TestKeeperRefusesToStartEmpty(t *testing.T) {
	t.Parallel()
	pv := persistentVolume(t, "c", "v")
	p := newPlace(t, nil)
	k := p.launch(t, t.TempDir(), "--other-heketis=http://third.example.com")
	// Flags of a list add up; the first names this one, too.
	k.waitServing(t)
	k.endWell(t)

	p = newPlace(t, nil)
	k = p.launchAlone(t, t.TempDir())
	if code := k.waitEnded(t); code != 1 {
		t.Errorf("it ended with %d", code)
	}
	for _, want := range []string{"refusing to start heketi with an empty database", pv.Name, otherHeketi, "Secret " + p.namespace + "/heketi-database", "--other-heketis=" + otherHeketi} {
		if !strings.Contains(k.Output(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if secrets := secretsIn(t, p.namespace); len(secrets) > 0 {
		t.Errorf("it has saved %d Secrets", len(secrets))
	}
}

// TestEndWaitsForOperations ends a keeper whose heketi is making a volume.
func TestEndWaitsForOperations(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil, bench.Fault{Command: "volume create slow", Pause: 3 * time.Second})
	k := p.start(t, t.TempDir())
	client := k.client(t)
	addNodes(t, client)
	go func() { _, _ = client.VolumeCreate(newVolume("slow")) }() // It may end before its client asks again.
	bench.Eventually(t, soon, func(context.Context) error {
		operations, err := client.OperationsInfo()
		if err == nil && operations.InFlight == 0 {
			err = fmt.Errorf("no operation is in flight")
		}
		return err
	})
	if err := k.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	k.waitSaid(t, "Ending when heketi has finished")
	if _, err := client.VolumeCreate(newVolume("late")); err == nil {
		t.Error("while it ends, it takes another operation")
	}
	if code := k.waitEnded(t); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "slow")
}

// TestEndWaitsForTheAPIServer ends a keeper while the API server is away, whose heketi finishes a volume meanwhile. It is
// saved once the API server is back, so that the next one has it, elsewhere.
func TestEndWaitsForTheAPIServer(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	p := newPlace(t, proxy, bench.Fault{Command: "volume create slow", Pause: 2 * time.Second})
	k := p.start(t, t.TempDir(), "--save-timeout=1s", "--save-interval=1h")
	addNodes(t, k.client(t))
	body := must[[]byte](t)(json.Marshal(newVolume("slow")))
	if status, _, err := p.ask(t.Context(), k.at(t, "API"), http.MethodPost, "/volumes", body); err != nil || status != http.StatusAccepted {
		t.Fatalf("heketi answers %d, %v", status, err)
	}
	if err := proxy.Down(); err != nil {
		t.Fatal(err)
	}
	if err := k.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	k.waitSaid(t, "The database is not saved")
	if err := proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := k.waitEnded(t); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "slow")
}

// TestKilledContainerGoesOnAtOnce kills a keeper and starts one in the same folder, as kubelet does with the container of a pod. It does not
// wait until the Lease of the one before expires, and has no other one.
func TestKilledContainerGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), "--leader-elect-lease-duration=1h")
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	if err := k.Kill(); err != nil {
		t.Fatal(err)
	}
	k = p.start(t, k.folder, "--leader-elect-lease-duration=1h")
	expectVolumes(t, k.client(t), "first")
	lease := must[*coordinationv1.Lease](t)(env.client.CoordinationV1().Leases(p.namespace).Get(t.Context(), "heketi-keeper", metav1.GetOptions{}))
	if transitions := lease.Spec.LeaseTransitions; transitions != nil && *transitions > 0 {
		t.Errorf("the Lease went to another %d times", *transitions)
	}
}

// TestWrongStart starts the process in ways that cannot work. It ends with one clear message.
func TestWrongStart(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	for name, test := range map[string]struct {
		flag string
		code int
		want string
	}{
		"unknown flag":       {"--qps=3", 2, "unknown flag: --qps"},
		"bad name":           {"--name=A_b", 2, "--name=A_b"},
		"verbosity":          {"--v=8", 2, "--v=8: must be at most 7"},
		"bad port":           {"--heketi-port=0", 2, "--heketi-port=0: must be from 1 to 65535"},
		"half a certificate": {"--tls-cert-file=/x", 2, "either both are needed or none"},
		"bad other heketi":   {"--other-heketis=heketi", 2, "--other-heketis=heketi: must be URLs"},
		"no key":             {"--admin-key-file=/nowhere", 1, "--admin-key-file=/nowhere: open /nowhere: no such file"},
		"no configuration":   {"--heketi-config=/nowhere", 1, "--heketi-config=/nowhere: open /nowhere: no such file"},
		"no heketi":          {"--heketi=/nowhere", 1, "--heketi=/nowhere: cannot start it"},
		"no address":         {"--api-address=256.0.0.1:80", 1, "--api-address=256.0.0.1:80"},
	} {
		t.Run(name, func(t *testing.T) {
			k := p.launch(t, t.TempDir(), test.flag)
			if code := k.waitEnded(t); code != test.code || !strings.Contains(k.Output(), test.want) {
				t.Errorf("it ended with %d, want %d with %q", code, test.code, test.want)
			}
		})
	}
}
