package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// kept is heketi as its keeper runs it, at the address that it has otherwise, with its keys and its volumes.
type kept struct {
	folder    string
	arguments []string
	process   *bench.Process
	// starts is how often it was started.
	starts int
}

// keptIn is the namespace of the database.
const keptIn = "heketi-kept"

// keepHeketi has a keeper run heketi until the end of the test.
func keepHeketi(t *testing.T) *kept {
	t.Helper()
	makeNamespace(t, keptIn)
	must(t, env.heketi.Kill())
	data, err := os.ReadFile(env.heketi.DatabaseFile())
	must(t, err)
	store := database.New(database.Config{Client: env.client, Namespace: keptIn, Name: "heketi-database", Session: "test"})
	if _, err := store.Load(t.Context()); !errors.Is(err, database.ErrNone) {
		t.Fatal(err)
	}
	must(t, store.Save(t.Context(), data))

	k := &kept{folder: t.TempDir()}
	keyFile := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(keyFile, []byte(env.heketi.AdminKey()), 0o600))
	port, release, err := bench.ReservePort(t.Context())
	must(t, err)
	k.arguments = []string{
		"--kubeconfig=" + env.cluster.Kubeconfig(), "--namespace=" + keptIn, "--dir=" + k.folder,
		"--heketi=" + env.programs.heketi.Server, "--heketi-config=" + env.heketi.ConfigFile(), fmt.Sprintf("--heketi-port=%d", port),
		"--admin-key-file=" + keyFile, "--api-address=" + strings.TrimPrefix(env.heketi.URL(), "http://"), "--http-address=127.0.0.1:0",
		"--leader-elect-retry-period=1s", "--gluster-settle-time=10s", "--settle-interval=30s", "--v=2",
	}
	t.Cleanup(func() { k.giveBack(t, release) })
	k.start(t)
	return k
}

// start starts the keeper and waits until heketi answers.
func (k *kept) start(t *testing.T) {
	t.Helper()
	k.starts++
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: filepath.Join(env.root, "bin", "heketi-keeper"), Args: k.arguments,
		Log: filepath.Join(env.logs, fmt.Sprintf("heketi-keeper-%d.log", k.starts)),
	})
	must(t, err)
	k.process = process
	k.waitSaid(t, `"Keeping heketi"`)
}

func (k *kept) waitSaid(t *testing.T, want string) {
	t.Helper()
	eventually(t, func(context.Context) error {
		select {
		case <-k.process.Ended():
			return bench.Final(errors.New("the keeper has ended"))
		default:
		}
		if !strings.Contains(k.process.Output(), want) {
			return fmt.Errorf("the keeper does not say %q", want)
		}
		return nil
	})
}

// kill ends the keeper as a machine that loses its power, and heketi with it.
func (k *kept) kill(t *testing.T) {
	t.Helper()
	must(t, k.process.Kill())
}

// giveBack ends the keeper, and has heketi run as before, with what has become of its volumes.
func (k *kept) giveBack(t *testing.T, release func() error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if t.Failed() {
		t.Logf("log of the keeper:\n%s", k.process.Output())
	}
	err := k.process.Signal(syscall.SIGTERM)
	if err == nil {
		_, err = k.process.Wait(ctx)
	}
	err = errors.Join(err, k.process.Kill(), release())
	if err := errors.Join(err, copyFile(filepath.Join(k.folder, "heketi.db"), env.heketi.DatabaseFile()), env.heketi.Start(ctx)); err != nil {
		t.Error(err)
	}
}

// interruptAt kills the keeper when a step has been taken that something leads to, and starts it again.
func (k *kept) interruptAt(t *testing.T, s step, cause func()) {
	t.Helper()
	held := hold(t, gluster.HoldOptions{Command: s.command, Moment: s.moment})
	cause()
	reach(t, held)
	k.kill(t)
	must(t, held.Release(t.Context()))
	k.start(t)
}

// TestBricksKeptCreate kills heketi, which a keeper runs, while it makes a volume.
func TestBricksKeptCreate(t *testing.T) {
	prepareBricks(t)
	k := keepHeketi(t)
	for _, s := range after("lvcreate", "volume create") {
		t.Run(s.name(), func(t *testing.T) {
			was, namespace := presentNow(t), namespaceFor(t)
			makeNamespace(t, namespace)
			k.interruptAt(t, s, func() { makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass}) })
			pod := startKeeper(t, namespace)
			pod.fill(t, "first", 10, 256)
			checkWhole(t, namespace, 1)
			pod.check(t)
			deleteAll(t, namespace, was)
		})
	}
}

// TestBricksKeptExpand kills heketi, which a keeper runs, while it grows a volume. What gluster has is finished when
// it starts again, without a person, and files that were written meanwhile are all there after a power cut.
func TestBricksKeptExpand(t *testing.T) {
	prepareBricks(t)
	k := keepHeketi(t)
	for _, s := range after("mount -o", "volume add-brick", "volume rebalance") {
		t.Run(s.name(), func(t *testing.T) {
			was, namespace := presentNow(t), namespaceFor(t)
			makeNamespace(t, namespace)
			makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
			pod := startKeeper(t, namespace)
			pod.fill(t, "old", 20, 256)
			k.interruptAt(t, s, func() { raise(t, namespace, 2) })
			pod.fill(t, "new", 20, 64)
			if s.command != "mount -o" {
				k.waitSaid(t, "Finished an expansion that gluster has")
			}
			waitGrown(t, namespace, 2)
			cutPower(t)
			pod.check(t)
			checkWhole(t, namespace, 2)
			pod.goesOn(t)
			deleteAll(t, namespace, was)
		})
	}
}

// TestBricksKeptDelete kills heketi, which a keeper runs, while it deletes a volume. Another volume stays.
func TestBricksKeptDelete(t *testing.T) {
	prepareBricks(t)
	k := keepHeketi(t)
	for _, s := range after("volume stop", "umount", "lvremove*brick_") {
		t.Run(s.name(), func(t *testing.T) {
			namespace := namespaceFor(t)
			makeNamespace(t, namespace)
			makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
			pod := startKeeper(t, namespace)
			pod.fill(t, "first", 10, 256)
			was := presentNow(t)
			makeClaim(t, claim{namespace: namespace, name: "gone", class: bricksClass})
			volumeOf(t, namespace, "gone")
			k.interruptAt(t, s, func() { kubectl(t, "delete", "pvc", "gone", "--namespace="+namespace, "--wait=false") })
			eventuallySame(t, was)
			pod.check(t)
			checkWhole(t, namespace, 1)
		})
	}
}

// TestBricksKeptHostIsOff kills heketi, which a keeper runs, when gluster has an expansion, and has a storage host be off when it
// starts again. heketi serves without that host, leaves the expansion alone, and finishes it once the host is back.
func TestBricksKeptHostIsOff(t *testing.T) {
	prepareBricks(t)
	k := keepHeketi(t)
	was, namespace := presentNow(t), namespaceFor(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	pod := startKeeper(t, namespace)
	pod.fill(t, "old", 20, 256)
	held := hold(t, gluster.HoldOptions{Command: "volume add-brick", Moment: gluster.After})
	raise(t, namespace, 2)
	reach(t, held)
	k.kill(t)
	must(t, held.Release(t.Context()))
	pod.fill(t, "new", 20, 64)
	host := env.hosts.All()[2]
	switchOff(t, host)
	k.start(t)
	k.waitSaid(t, "Leaves alone what heketi was interrupted in")
	waitEventIn(t, keptIn, "HeketiOperationLeftAlone", host.Address())
	must(t, host.Start(t.Context()))
	k.waitSaid(t, "Finished an expansion that gluster has")
	waitGrown(t, namespace, 2)
	pod.check(t)
	checkWhole(t, namespace, 2)
	deleteAll(t, namespace, was)
}

// waitEventIn waits for an event about the database of heketi that says something.
func waitEventIn(t *testing.T, namespace, reason, want string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		found, err := env.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=" + reason})
		if err != nil {
			return err
		}
		for _, event := range found.Items {
			if event.Type == v1.EventTypeWarning && strings.Contains(event.Message, want) {
				return nil
			}
		}
		return fmt.Errorf("no event %s says %q", reason, want)
	})
}
