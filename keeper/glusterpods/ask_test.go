package glusterpods

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/keeper/disks"
)

// volume is that of the answers, which a real GlusterFS has given.
const volume = "pvc-16fb82c3-1920-407b-b947-5ef9e34d5cfe"

// answering runs commands that print what files have, by the words of the commands.
func answering(t *testing.T, files map[string]string) Run {
	t.Helper()
	return func(_ context.Context, pod disks.Pod, words []string) ([]byte, error) {
		asked := strings.Join(words[2:len(words)-1], " ")
		file, is := files[asked]
		if !is || pod.Name != "glusterfs-1" || words[0] != "gluster" || words[1] != "--mode=script" || words[len(words)-1] != "--xml" {
			t.Errorf("asked is %q in %s", words, pod.Name)
		}
		if file == "" {
			return nil, errors.New("the pod is gone")
		}
		return os.ReadFile(filepath.Join("..", "..", "provisioner", "glusterxml", "testdata", file+".xml"))
	}
}

// TestHealth reads what a volume's bricks do, and what they tell.
func TestHealth(t *testing.T) {
	for name, test := range map[string]struct {
		info, status, heal string
		want               string
		fails              string
	}{
		"whole":           {"volumes", "clients", "heal-nothing", "true true 0, true true 0, true true 0", ""},
		"healing":         {"volumes", "clients", "heal-begins", "true true 0, true true 6, true true 6", ""},
		"a host is away":  {"volumes", "clients-without-a-host", "heal-without-a-host", "false false 0, true true 6, true true 6", ""},
		"no such volume":  {"no-volume", "", "", "", "does not exist"},
		"the pod is gone": {"", "", "", "", "the pod is gone"},
		"it is not told":  {"volumes", "clients", "", "", "the pod is gone"},
	} {
		run := answering(t, map[string]string{"volume info " + volume: test.info, "volume status " + volume + " clients": test.status, "volume heal " + volume + " info summary": test.heal})
		health, err := Health(t.Context(), run, disks.Pod{Name: "glusterfs-1"}, volume)
		if test.fails != "" {
			if err == nil || !strings.Contains(err.Error(), test.fails) {
				t.Errorf("%s: got %v, want %q", name, err, test.fails)
			}
			continue
		}
		if err != nil || !health.Started || len(health.Sets) != 1 {
			t.Errorf("%s: got %+v, %v", name, health, err)
			continue
		}
		var got []string
		for _, brick := range health.Sets[0] {
			got = append(got, fmt.Sprint(brick.Online, brick.Told, brick.Pending))
		}
		if said := strings.Join(got, ", "); said != test.want {
			t.Errorf("%s: got %s, want %s", name, said, test.want)
		}
	}
}

// TestPeer asks whether the pool has a host, and detaches it.
func TestPeer(t *testing.T) {
	run := answering(t, map[string]string{"pool list": "pool-without-a-host", "peer detach 10.77.0.1 force": "pool"})
	for address, want := range map[string]bool{"10.77.0.1": true, "10.77.0.3": true, "10.77.0.9": false} {
		if is, err := HasPeer(t.Context(), run, disks.Pod{Name: "glusterfs-1"}, address); err != nil || is != want {
			t.Errorf("%s: got %v, %v", address, is, err)
		}
	}
	if peers, err := Peers(t.Context(), run, disks.Pod{Name: "glusterfs-1"}); err != nil || peers != 2 {
		t.Errorf("it has %d peers, %v", peers, err)
	}
	if err := Detach(t.Context(), run, disks.Pod{Name: "glusterfs-1"}, "10.77.0.1"); err != nil {
		t.Error(err)
	}
	refusing := answering(t, map[string]string{"peer detach 10.77.0.1 force": "no-volume"})
	if err := Detach(t.Context(), refusing, disks.Pod{Name: "glusterfs-1"}, "10.77.0.1"); err == nil {
		t.Error("it is detached although gluster refuses it")
	}
}
