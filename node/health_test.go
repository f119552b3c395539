package node

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/volume"
)

// errno is an answer of a client.
func errno(number unix.Errno) string { return strconv.Itoa(int(number)) }

// TestHealth has a client answer in each way, and looks at what becomes of that.
func TestHealth(t *testing.T) {
	for name, test := range map[string]struct {
		answers string
		want    mount.Health
		says    string
	}{
		"well":              {well, mount.Alive, "answers"},
		"servers are gone":  {errno(unix.ENOTCONN), mount.Unreachable, "reaches none of the servers"},
		"does not answer":   {never, mount.Silent, "does not answer"},
		"replicas differ":   {errno(unix.EIO), mount.Failing, "input/output error"},
		"access is denied":  {errno(unix.EACCES), mount.Failing, "permission denied"},
		"the root is other": {errno(unix.ESTALE), mount.Failing, "stale"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newImpatient(t)
			k.use(t)
			k.last().answer(test.answers)
			eventually(t, func() error {
				if got := k.health(t); got.Health != test.want {
					return fmt.Errorf("the volume is %v, want %s", got, test.want)
				}
				return nil
			})
			response, err := k.service.NodeGetVolumeStats(t.Context(), &csi.NodeGetVolumeStatsRequest{VolumeId: testHandle, VolumePath: k.target})
			if err != nil {
				t.Fatal(err)
			}
			condition := response.GetVolumeCondition()
			if condition.GetAbnormal() != (test.want != mount.Alive) || !strings.Contains(condition.GetMessage(), test.says) {
				t.Errorf("the condition is %v, want that it says %q", condition, test.says)
			}
			if got := len(response.GetUsage()) > 0; got != (test.want == mount.Alive) {
				t.Errorf("the usage is %v", response.GetUsage())
			}
			err = k.publish(t.Context())
			if want := map[bool]codes.Code{true: codes.OK, false: codes.Unavailable}[test.want == mount.Alive]; status.Code(err) != want {
				t.Errorf("publishing ended with %v, want %v", err, want)
			}
			k.kill()
			k.end(t)
		})
	}
}

// TestOneFailingVolume has one volume of several answer with an error. The others are
// counted all the same.
func TestOneFailingVolume(t *testing.T) {
	k := newKubelet(t, nil, false)
	k.use(t)
	k.last().answer(errno(unix.EIO))
	other := filepath.Join(k.dir, StagingFolder, "other", "globalmount")
	if err := os.MkdirAll(other, 0o750); err != nil {
		t.Fatal(err)
	}
	request := client.Request{Volume: volume.Volume{Name: "pvc-2"}, Servers: []netip.Addr{netip.MustParseAddr("10.0.0.1")}, Target: other}
	if err := k.Mount(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.service.Mounts.Unmount(t.Context(), other, 0) })
	got := map[string]mount.Health{}
	volumes, err := k.service.Survey(t.Context())
	for _, volume := range volumes {
		got[volume.Name+" "+volume.PersistentVolume] = volume.Condition.Health
	}
	if err != nil || len(got) != 2 || got["pvc-1 pv-1"] != mount.Failing || got["pvc-2 "] != mount.Alive {
		t.Errorf("the volumes are %v, %v", got, err)
	}
	if err := k.service.CleanUp(t.Context()); err != nil {
		t.Error(err)
	}
	if staged := len(k.mountsAt(t, k.staging)); staged != 1 {
		t.Errorf("the failing volume is staged %d times", staged)
	}
}

// TestChangesOfHealth are told, and what stays is not told again.
func TestChangesOfHealth(t *testing.T) {
	var h healths
	at := func(path string, health mount.Health) Volume {
		return Volume{Path: path, Condition: mount.Condition{Health: health}}
	}
	for i, step := range []struct {
		volumes []Volume
		want    []change
	}{
		{[]Volume{at("a", mount.Alive), at("b", mount.Dead)}, []change{{at("b", mount.Dead), mount.Alive}}},
		{[]Volume{at("a", mount.Silent), at("b", mount.Dead)}, []change{{at("a", mount.Silent), mount.Alive}}},
		{[]Volume{at("a", mount.Silent), at("b", mount.Alive)}, []change{{at("b", mount.Alive), mount.Dead}}},
		{[]Volume{at("a", mount.Silent)}, nil},
	} {
		if got := h.update(step.volumes); !slices.Equal(got, step.want) {
			t.Errorf("step %d: changes are %v, want %v", i, got, step.want)
		}
	}
}

// others are processes that look like the client of a staged volume, and are none.
var others = map[string]string{
	"has its name and its arguments": `echo ready; read end`,
	"has a FUSE device, too":         `exec 3<> /dev/fuse; echo ready; read end`,
}

// TestDeadWhateverElseRuns kills a client beside a process that looks like it. The volume is
// dead all the same, and is mounted again.
func TestDeadWhateverElseRuns(t *testing.T) {
	for name, script := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKubelet(t, nil, false)
			k.use(t)
			k.startOther(t, script)
			k.kill()
			if got := k.health(t); got.Health != mount.Dead {
				t.Errorf("the volume is %s", got.Health)
			}
			k.use(t)
			k.end(t)
		})
	}
}

// TestDeadBesideAnEarlierClient has a client go on that serves a mount of before, and kills
// that of the mount of now.
func TestDeadBesideAnEarlierClient(t *testing.T) {
	t.Parallel()
	k := newImpatient(t)
	k.use(t)
	k.hang(t, (*fuseClient).stop)
	k.end(t)
	k.use(t)
	k.last().kill()
	if got := k.health(t); got.Health != mount.Dead {
		t.Errorf("the volume is %s", got.Health)
	}
	k.use(t)
	if got := k.health(t); got.Health != mount.Alive {
		t.Errorf("the volume is %s", got.Health)
	}
	k.end(t)
}

// startOther starts a shell in the place of a client, in mounts of its own like a pod's.
func (k *kubelet) startOther(t *testing.T, script string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), fuseProgram)
	if err := os.Symlink("/bin/sh", program); err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), program, "-c", script, k.staging)
	other.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	_, err = namespace.Do(t.Context(), k.namespaces, func() (struct{}, error) { return struct{}{}, other.Start() })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(stdin.Close(), other.Wait()) })
	if _, err := io.ReadFull(stdout, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
}
