package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// TestFaultKeeperKilled kills a keeper at each request that saves a volume, before the API server has
// it and after. The next one, in the same folder or elsewhere, has all volumes that a client was told of,
// and the client that was told nothing gets its volume when it tries again, once.
func TestFaultKeeperKilled(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"head": "/secrets/heketi-database", "record": "/configmaps/heketi-database"} {
		for when, action := range map[string]bench.Action{"before": bench.Hold, "after": bench.HoldAnswer} {
			for where, elsewhere := range map[string]bool{"same folder": false, "elsewhere": true} {
				t.Run(name+" "+when+", "+where, func(t *testing.T) {
					t.Parallel()
					// The change is lost with its folder until it is saved, and the client knows that.
					lost := elsewhere && name == "head" && when == "before"
					killedWhileSaving(t, path, action, elsewhere, lost)
				})
			}
		}
	}
}

func killedWhileSaving(t *testing.T, path string, action bench.Action, elsewhere, lost bool) {
	proxy := newProxy(t)
	p := newPlace(t, proxy)
	k := p.start(t, t.TempDir())
	client := k.client(t)
	addNodes(t, client)
	create(t, client, "first")

	disturbed := proxy.Disturb(http.MethodPut, path, action)
	answered := make(chan error, 1)
	go func() {
		_, err := client.VolumeCreate(newVolume("second"))
		answered <- err
	}()
	select {
	case <-disturbed.Reached():
	case <-time.After(soon):
		t.Fatal("it does not save")
	}
	k.kill(t)
	proxy.Calm()
	if err := <-answered; err == nil {
		t.Error("the client was answered")
	}
	folder, from := k.folder, "Starting from the database in the folder"
	if elsewhere {
		folder, from = t.TempDir(), "Starting from what is saved"
	}
	k = p.start(t, folder)
	k.waitSaid(t, from)
	client = k.client(t)
	// heketi may have finished it or not. If not, it was undone at the start.
	undone := strings.Contains(k.Output(), "heketi has undone or ended what it was interrupted in")
	volumes := must[*api.VolumeListResponse](t)(client.VolumeList())
	if (len(volumes.Volumes) == 1) != (lost || undone) {
		t.Errorf("heketi knows of %d volumes, and has undone one: %v", len(volumes.Volumes), undone)
	}
	if len(volumes.Volumes) == 1 {
		create(t, client, "second")
	}
	expectVolumes(t, client, "first", "second")
	k.endWell(t)
}

// TestFaultKeeperKilledAtTheEnd kills a keeper that is saving the end of an operation, which no client was
// told of yet. The next one knows that it was begun, or has ended.
func TestFaultKeeperKilledAtTheEnd(t *testing.T) {
	t.Parallel()
	for when, action := range map[string]bench.Action{"before": bench.Hold, "after": bench.HoldAnswer} {
		for where, elsewhere := range map[string]bool{"same folder": false, "elsewhere": true} {
			t.Run(when+", "+where, func(t *testing.T) {
				t.Parallel()
				proxy := newProxy(t)
				p := newPlace(t, proxy, bench.Fault{Command: "volume create slow", Pause: 2 * time.Second})
				k := p.start(t, t.TempDir(), "--save-interval=1h")
				addNodes(t, k.client(t))
				status, job, err := p.ask(t.Context(), k.at(t, "API"), http.MethodPost, "/volumes", must[[]byte](t)(json.Marshal(newVolume("slow"))))
				if err != nil || status != http.StatusAccepted {
					t.Fatalf("heketi answers %d, %v", status, err)
				}
				waitIdle(t, k)
				disturbed := proxy.Disturb(http.MethodPut, "/secrets/heketi-database", action)
				url, answered := k.at(t, "API"), make(chan struct{})
				go func() {
					defer close(answered)
					_, _, _ = p.ask(context.Background(), url, http.MethodGet, job, nil) // The keeper is killed meanwhile.
				}()
				select {
				case <-disturbed.Reached():
				case <-answered: // On a slow machine the end was there when the beginning was saved.
				case <-time.After(soon):
					t.Fatal("it does not save the end")
				}
				k.kill(t)
				proxy.Calm()
				folder := k.folder
				if elsewhere {
					folder = t.TempDir()
				}
				client := p.start(t, folder).client(t)
				pending := must[*api.OperationsInfo](t)(client.OperationsInfo()).Stale
				if known := int(pending) + len(must[*api.VolumeListResponse](t)(client.VolumeList()).Volumes); known != 1 {
					t.Errorf("heketi knows of %d volumes, of which %d are begun", known, pending)
				}
			})
		}
	}
}

// waitIdle waits until heketi has no operation in flight. It asks for nothing that is saved.
func waitIdle(t *testing.T, k *keeper) {
	t.Helper()
	client := k.client(t)
	bench.Eventually(t, soon, func(context.Context) error {
		operations, err := client.OperationsInfo()
		if err == nil && operations.InFlight > 0 {
			err = errors.New("heketi still works")
		}
		return err
	})
}

// TestFaultAPIServerIsAwayFromKeeper takes the API server away while volumes are made.
func TestFaultAPIServerIsAwayFromKeeper(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	p := newPlace(t, proxy)
	if err := proxy.Down(); err != nil {
		t.Fatal(err)
	}
	k := p.launch(t, t.TempDir(), "--save-timeout=3s")
	k.waitSaid(t, "connection refused")
	if err := proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.waitServing(t)
	client := k.client(t)
	addNodes(t, client)
	create(t, client, "first")

	if err := proxy.Down(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.ClusterList(); err != nil {
		t.Errorf("what changes nothing, and tells what is saved, ends with %v", err)
	}
	for _, want := range []string{"is not saved", "nothing was begun"} {
		if _, err := client.VolumeCreate(newVolume("second")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("while the API server is away, the error is %v, want %q", err, want)
		}
	}
	if _, err := client.VolumeList(); err == nil || !strings.Contains(err.Error(), "what heketi tells does not count yet") {
		t.Errorf("what was begun and not saved is told, with error %v", err)
	}
	if err := proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, func(context.Context) error {
		volumes, err := client.VolumeList()
		if err == nil && len(volumes.Volumes) != 2 {
			err = errors.New("the volume that was begun is not there yet")
		}
		return err
	})
	create(t, client, "third")
	k.kill(t)
	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "first", "second", "third")
}

// TestFaultDatabaseIsTaken has somebody claim the database under a keeper that has not been told.
func TestFaultDatabaseIsTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir())
	client := k.client(t)
	addNodes(t, client)
	begin(t, p.namespace, nil)
	if _, err := client.VolumeCreate(newVolume("late")); err == nil {
		t.Error("a volume is made that cannot be saved")
	}
	if code := k.waitEnded(t); code != 1 || !strings.Contains(k.Output(), "another keeper has the database") {
		t.Errorf("it ended with %d", code)
	}
	// The next one does not take the folder for the latest.
	k = p.start(t, k.folder)
	expectVolumes(t, k.client(t))
}

// takeLease has somebody else hold the Lease.
func (p *place) takeLease(t *testing.T) {
	t.Helper()
	leases := env.client.CoordinationV1().Leases(p.namespace)
	bench.Eventually(t, soon, func(ctx context.Context) error {
		lease := must[*coordinationv1.Lease](t)(leases.Get(ctx, "heketi-keeper", metav1.GetOptions{}))
		usurper, now, long := "usurper", metav1.NewMicroTime(time.Now()), int32(3600)
		lease.Spec.HolderIdentity, lease.Spec.RenewTime, lease.Spec.LeaseDurationSeconds = &usurper, &now, &long
		_, err := leases.Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
}

// TestFaultLeaseIsTaken has somebody else hold the Lease.
func TestFaultLeaseIsTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), "--leader-elect-lease-duration=15s", "--leader-elect-renew-deadline=10s")
	p.takeLease(t)
	if code := k.waitEnded(t); code != 1 || !strings.Contains(k.Output(), "lost the Lease") {
		t.Errorf("it ended with %d", code)
	}
}

// TestFaultHeketiDies kills heketi alone. The keeper ends, and the next one goes on in its folder.
func TestFaultHeketiDies(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	crash := folder + "/crash"
	p := newPlace(t, nil, bench.Fault{Command: "volume start second", Crash: true, While: crash})
	k := p.start(t, t.TempDir())
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	if err := os.WriteFile(crash, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.client(t).VolumeCreate(newVolume("second")); err == nil {
		t.Error("heketi answers, though it should have crashed")
	}
	if code := k.waitEnded(t); code != 1 || !strings.Contains(k.Output(), "heketi has ended") {
		t.Errorf("it ended with %d", code)
	}
	k = p.start(t, k.folder)
	expectVolumes(t, k.client(t), "first")
	if operations := must[*api.OperationsInfo](t)(k.client(t).OperationsInfo()); operations.Stale != 1 {
		t.Errorf("heketi knows of %d operations that it was interrupted in", operations.Stale)
	}
}

// TestFaultHeketiHangs has heketi run and give no answer. It is killed, and the next one goes on in its folder.
func TestFaultHeketiHangs(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), "--heketi-silence-timeout=12s")
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	if err := syscall.Kill(childOf(t, k.PID()), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if code := k.waitEnded(t); code != 1 || !strings.Contains(k.Output(), "heketi has given no answer for 12s") {
		t.Errorf("it ended with %d", code)
	}
	k = p.start(t, k.folder)
	expectVolumes(t, k.client(t), "first")
}

// TestFaultDatabaseIsOpenElsewhere starts a keeper in whose folder another process reads the database. heketi would serve it for reading
// only, and each claim would fail. The keeper says so in place of that, and goes on once the other process has ended.
func TestFaultDatabaseIsOpenElsewhere(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir())
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	k.kill(t)
	file := must[*os.File](t)(os.Open(k.folder + "/heketi.db"))
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	other := p.launch(t, k.folder)
	if code := other.waitEnded(t); code != 1 || !strings.Contains(other.Output(), "heketi.db: another process has it open") {
		t.Errorf("it ended with %d", code)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	k = p.start(t, k.folder)
	expectVolumes(t, k.client(t), "first")
	create(t, k.client(t), "second")
}
