package e2e

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// volumesWithTLS are the options that docs/tls.md gives a class.
const volumesWithTLS = "client.ssl on, server.ssl on, ssl.own-cert /etc/ssl/glusterfs.pem, ssl.private-key /etc/ssl/glusterfs.key, ssl.ca-list /etc/ssl/glusterfs.ca"

// TestVolumeWithTLS has a pod use a volume whose data goes over TLS, with the client of the node
// and with that of the container. Without the files, no pod gets the volume.
func TestVolumeWithTLS(t *testing.T) {
	needsPlugin(t)
	guide, err := os.ReadFile(filepath.Join(env.root, "docs", "tls.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), "\n  volumeoptions: "+volumesWithTLS+"\n") {
		t.Fatalf("docs/tls.md does not name the volumeoptions %q", volumesWithTLS)
	}
	writeTLS(t)
	makeClass(t, "encrypted", parameters{"volumeoptions": volumesWithTLS})
	makeNamespace(t, "encrypted")
	makeClaim(t, claim{namespace: "encrypted", name: "data", class: "encrypted"})
	v := volumeOf(t, "encrypted", "data")
	v.checkIs(t, "server.ssl: on", "client.ssl: on")
	startPod(t, "encrypted", "first", "data")
	shell(t, "encrypted/first", "echo secret > /1/it")
	v.checkHolds(t, "it", "secret", 3)
	remove(t, "encrypted", "pod/first")
	waitUnmounted(t, v)

	mountInTheContainer(t)
	startPod(t, "encrypted", "second", "data")
	if got := shell(t, "encrypted/second", "cat /1/it"); got != "secret" {
		t.Errorf("with the client of the container, the pod reads %q", got)
	}
	remove(t, "encrypted", "pod/second")
	waitUnmounted(t, v)
	if err := os.Remove("/etc/ssl/glusterfs.pem"); err != nil {
		t.Fatal(err)
	}
	makePod(t, "encrypted", "third", nil, "data")
	waitUntilTold(t, "encrypted", "FailedMount", "cannot mount volume "+v.name)
	remove(t, "encrypted", "pod/third")
}

// writeTLS gives the node, and the hosts, which have the same /etc here, what they need.
func writeTLS(t *testing.T) {
	t.Helper()
	peers, err := bench.NewPeers("storage")
	if err == nil {
		err = gluster.WriteTLS("/etc/ssl", peers, "gluster")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, file := range []string{"glusterfs.pem", "glusterfs.key", "glusterfs.ca"} {
			if err := os.Remove(filepath.Join("/etc/ssl", file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
		}
	})
}
