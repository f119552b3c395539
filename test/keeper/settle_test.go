package keeper

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/test/bench"
)

// What heketi can be interrupted in.
const (
	creating  = "create-volume"
	expanding = "expand-volume"
	deleting  = "delete-volume"
)

// interruptedIn returns the place and the folder of a keeper whose heketi has died in an operation on its volume
// "second", beside which it has a volume "first".
func interruptedIn(t *testing.T, operation string, proxy *bench.Proxy) (p *place, folder string) {
	t.Helper()
	crash := filepath.Join(t.TempDir(), "crash")
	p = newPlace(t, proxy, bench.Fault{
		Command: map[string]string{creating: "volume start second", expanding: "volume rebalance second", deleting: "lvremove"}[operation],
		// What has begun is saved meanwhile.
		Pause: time.Second, Crash: true, While: crash,
	})
	k := p.start(t, t.TempDir())
	client := k.client(t)
	addNodes(t, client)
	create(t, client, "first")
	var volume *api.VolumeInfoResponse
	if operation != creating {
		volume = must[*api.VolumeInfoResponse](t)(client.VolumeCreate(newVolume("second")))
	}
	if err := os.WriteFile(crash, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	switch operation {
	case creating:
		_, err = client.VolumeCreate(newVolume("second"))
	case expanding:
		_, err = client.VolumeExpand(volume.Id, &api.VolumeExpandRequest{Size: 1})
	case deleting:
		err = client.VolumeDelete(volume.Id)
	}
	if err == nil {
		t.Fatal("heketi answers, though it should have crashed")
	}
	if code := k.waitEnded(t); code != 1 {
		t.Errorf("the keeper ended with %d", code)
	}
	if pending := databaseIn(t, k.folder).Operations; len(pending) != 1 {
		t.Fatalf("heketi was interrupted in %d operations", len(pending))
	}
	saveBegun(t, p, k.folder)
	return p, k.folder
}

// saveBegun has the operation saved that a heketi was interrupted in, as its keeper would have, had it not died so soon after heketi.
func saveBegun(t *testing.T, p *place, folder string) {
	t.Helper()
	store := storeIn(t, p.namespace, nil)
	if saved := read(t, must[[]byte](t)(store.Load(t.Context()))); len(saved.Operations) > 0 {
		return
	}
	if err := store.Claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	save(t, store, must[[]byte](t)(os.ReadFile(filepath.Join(folder, "heketi.db"))))
}

// expectSettled checks that heketi has the volumes with those sizes in GiB, and no operation.
func expectSettled(t *testing.T, k *keeper, want map[string]int) {
	t.Helper()
	client := k.client(t)
	got := map[string]int{}
	for _, id := range must[*api.VolumeListResponse](t)(client.VolumeList()).Volumes {
		volume := must[*api.VolumeInfoResponse](t)(client.VolumeInfo(id))
		got[volume.Name] = volume.Size
		if len(volume.Bricks) != 3*volume.Size {
			t.Errorf("volume %s has %d bricks", volume.Name, len(volume.Bricks))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the volumes are %v, want %v", got, want)
	}
	if pending := must[*api.OperationsInfo](t)(client.OperationsInfo()); pending.Total != 0 {
		t.Errorf("heketi has %d operations", pending.Total)
	}
}

// waitEvent waits for an event about the database.
func (p *place) waitEvent(t *testing.T, reason, kind string, texts ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		found, err := env.client.CoreV1().Events(p.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, event := range found.Items {
			if event.Reason == reason && event.Type == kind && event.InvolvedObject.Kind == "ConfigMap" && event.InvolvedObject.Name == databaseName {
				for _, text := range texts {
					if !strings.Contains(event.Message, text) {
						t.Errorf("event %s does not say %q: %s", reason, text, event.Message)
					}
				}
				return nil
			}
		}
		return fmt.Errorf("there is no event %s", reason)
	})
}

func (k *keeper) expectMetrics(t *testing.T, want ...string) {
	t.Helper()
	_, metrics := k.get(t, "/metrics")
	for _, line := range want {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %q", line)
		}
	}
}

// TestInterruptedOperationsAreSettled has heketi die in an operation, and start again with what gluster has of it.
func TestInterruptedOperationsAreSettled(t *testing.T) {
	t.Parallel()
	const finished, undone = `heketi_keeper_operations_settled_total{how="finished"} 1`, `heketi_keeper_operations_settled_total{how="undone"} 1`
	for name, test := range map[string]struct {
		operation string
		has       func(gluster.VolumeEntry, gluster.BrickEntry) bool
		volumes   map[string]int
		metric    string
		reason    string
		texts     []string
	}{
		"an expansion that gluster has": {
			expanding, all, map[string]int{"first": 1, "second": 2}, finished, "HeketiOperationFinished", []string{"volume second has grown to 2 GiB"},
		},
		"an expansion of which gluster has nothing": {
			expanding, settled, map[string]int{"first": 1, "second": 1}, undone, "HeketiOperationUndone", []string{expanding},
		},
		"a create of which gluster has nothing": {
			creating, settled, map[string]int{"first": 1}, undone, "HeketiOperationUndone", []string{creating},
		},
		"a delete of which gluster has nothing": {
			deleting, settled, map[string]int{"first": 1}, undone, "HeketiOperationUndone", []string{deleting},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, folder := interruptedIn(t, test.operation, nil)
			p.configure(t, hostsTell(t, databaseIn(t, folder), test.has)...)
			k := p.start(t, folder)
			expectSettled(t, k, test.volumes)
			k.expectMetrics(t, test.metric, "heketi_keeper_operations_left_alone 0")
			p.waitEvent(t, test.reason, v1.EventTypeNormal, test.texts...)
			// It is saved.
			k.kill(t)
			expectSettled(t, p.start(t, t.TempDir()), test.volumes)
		})
	}
}

// TestFinishedExpansionNeedsRepair has gluster have an expansion that heketi had begun to undo by itself: the storage hosts'
// fstab lacks the bricks. It is finished, and an event has the lines.
func TestFinishedExpansionNeedsRepair(t *testing.T) {
	t.Parallel()
	p, folder := interruptedIn(t, expanding, nil)
	database := databaseIn(t, folder)
	p.configure(t, append([]bench.Fault{fstabIsEmpty, logicalVolumes(t, database)}, hostsTell(t, database, all)...)...)
	k := p.start(t, folder)
	expectSettled(t, k, map[string]int{"first": 1, "second": 2})
	p.waitEvent(t, "BrickNeedsRepair", v1.EventTypeWarning, "/dev/mapper/vg_", "xfs rw,inode64,noatime,nouuid 1 2", "docs/mending.md")
}

// TestUndoingInVainIsTriedAgain has heketi fail to undo what gluster has nothing of, such as when a disk is busy. It is tried
// again, less and less often, until it succeeds.
func TestUndoingInVainIsTriedAgain(t *testing.T) {
	t.Parallel()
	p, folder := interruptedIn(t, creating, nil)
	busy := filepath.Join(t.TempDir(), "busy")
	if err := os.WriteFile(busy, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	faults := []bench.Fault{{Command: "lvremove", Error: "Logical volume in use", While: busy}}
	p.configure(t, append(faults, hostsTell(t, databaseIn(t, folder), settled)...)...)
	k := p.start(t, folder, "--settle-interval=1s")
	p.waitEvent(t, "HeketiOperationLeftAlone", v1.EventTypeWarning, "heketi could not undo it")
	for range 2 {
		k.waitSaidMore(t, "Starting heketi again, to settle what it was interrupted in")
	}
	if err := os.Remove(busy); err != nil {
		t.Fatal(err)
	}
	k.waitSaid(t, "heketi has undone or ended what it was interrupted in")
	k.waitServingAgain(t)
	expectSettled(t, k, map[string]int{"first": 1})
}

// waitServingAgain waits until the API is served that was last closed to start heketi again.
func (k *keeper) waitServingAgain(t *testing.T) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		output := k.Output()
		if strings.LastIndex(output, `"Keeping heketi"`) < strings.LastIndex(output, `"Starting heketi again`) {
			return fmt.Errorf("heketi does not serve again")
		}
		return nil
	})
}

// waitSaidMore waits until the log has that once more than now.
func (k *keeper) waitSaidMore(t *testing.T, want string) {
	t.Helper()
	said := strings.Count(k.Output(), want)
	bench.Eventually(t, soon, func(context.Context) error {
		if strings.Count(k.Output(), want) == said {
			return fmt.Errorf("the keeper does not say %q again", want)
		}
		return nil
	})
}

// TestUncertainOperationsAreLeftAlone has storage hosts that do not tell enough. heketi serves, and what it was interrupted
// in is settled once they do.
func TestUncertainOperationsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		operation string
		// has is what gluster has at first; nil stands for a part of the new bricks.
		has    func(gluster.VolumeEntry, gluster.BrickEntry) bool
		silent bool
		// unmounted says that the bricks are neither mounted nor in fstab, and that no host lists logical volumes.
		unmounted bool
		texts     []string
		// then is what gluster has later on, and volumes what heketi has in the end.
		then    func(gluster.VolumeEntry, gluster.BrickEntry) bool
		volumes map[string]int
	}{
		"an expansion, and no host answers": {
			expanding, all, true, false, []string{"got no answer from storage host"}, all, map[string]int{"first": 1, "second": 2},
		},
		"an expansion of which gluster has a part": {
			expanding, nil, false, false, []string{"docs/mending.md"}, all, map[string]int{"first": 1, "second": 2},
		},
		"an expansion whose logical volumes may be gone": {
			expanding, all, false, true, []string{"tells nothing of the logical volumes"}, all, map[string]int{"first": 1, "second": 2},
		},
		"a create that gluster has": {
			creating, all, false, false, []string{"the provisioner has heketi end it", "heketi-cli server operations cleanup"}, settled, map[string]int{"first": 1},
		},
		"a delete that gluster has not begun": {
			deleting, all, false, false, []string{"the provisioner has heketi end it"}, settled, map[string]int{"first": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, folder := interruptedIn(t, test.operation, nil)
			database, before := databaseIn(t, folder), filepath.Join(t.TempDir(), "before")
			if err := os.WriteFile(before, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if test.has == nil {
				test.has = partOf(database)
			}
			var answers []bench.Fault
			if test.silent {
				answers = append(answers, bench.Fault{Command: "volume info --xml", Error: "no route to host", While: before})
			}
			if test.unmounted {
				answers = append(answers, bench.Fault{Command: fstabIsEmpty.Command, While: before})
			}
			for _, answer := range hostsTell(t, database, test.has) {
				answer.While = before
				answers = append(answers, answer)
			}
			p.configure(t, append(answers, hostsTell(t, database, test.then)...)...)
			k := p.start(t, folder, "--settle-interval=1s")
			k.expectMetrics(t, "heketi_keeper_operations_left_alone 1")
			p.waitEvent(t, "HeketiOperationLeftAlone", v1.EventTypeWarning, test.texts...)
			// Others can be made meanwhile.
			create(t, k.client(t), "third")
			if pending := must[*api.OperationsInfo](t)(k.client(t).OperationsInfo()); pending.Stale != 1 {
				t.Errorf("heketi was interrupted in %d operations", pending.Stale)
			}
			if err := os.Remove(before); err != nil {
				t.Fatal(err)
			}
			k.waitSaid(t, "Starting heketi again, to settle what it was interrupted in")
			k.waitServingAgain(t)
			test.volumes["third"] = 1
			expectSettled(t, k, test.volumes)
			k.expectMetrics(t, "heketi_keeper_operations_left_alone 0")
			k.endWell(t)
		})
	}
}
