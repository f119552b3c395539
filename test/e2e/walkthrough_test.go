package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// patience bounds what takes seconds on a machine that does nothing else: a volume
// made or deleted, a pod started or gone.
const patience = 5 * time.Minute

// withoutGID is the pod of examples/pod.yaml, except that it names the volume and
// not the claim: then kubelet does not learn of the volume's GID.
const withoutGID = `
apiVersion: v1
kind: Pod
metadata:
  name: stranger
spec:
  securityContext:
    runAsUser: 1000
  containers:
    - name: stranger
      image: busybox:1.35
      command: [sleep, infinity]
      volumeMounts:
        - name: pictures
          mountPath: /pictures
  volumes:
    - name: pictures
      glusterfs:
        endpoints: %s
        path: %s
`

// TestWalkthrough is what docs/walkthrough.md tells.
func TestWalkthrough(t *testing.T) {
	t.Cleanup(func() { explain(t) })
	for _, example := range []string{"secret.yaml", "class.yaml", "claim.yaml", "pod.yaml"} {
		applyExample(t, example)
	}
	waitUntilPrints(t, "Bound", patience, "get", "pvc", "pictures", "-o", "jsonpath={.status.phase}")
	kubectl(t, "wait", "--for=condition=Ready", "pod/gallery", "--timeout="+patience.String())
	pv := kubectl(t, "get", "pvc", "pictures", "-o", "jsonpath={.spec.volumeName}")

	checkSize(t, "gallery", "/pictures", 5)
	gid := kubectl(t, "get", "pv", pv, "-o", `jsonpath={.metadata.annotations.pv\.beta\.kubernetes\.io/gid}`)
	if groups := strings.Fields(shell(t, "gallery", "id -G")); gid == "" || !slices.Contains(groups, gid) {
		t.Errorf("the pod's groups are %s, want the PersistentVolume's GID %q among them", groups, gid)
	}
	shell(t, "gallery", "echo a fine picture > /pictures/index.html")
	checkPage(t, "a fine picture")
	checkStranger(t, pv)
	checkBricks(t, "index.html", "a fine picture")
	checkPorts(t)

	kubectl(t, "delete", "pod", "gallery", "--timeout="+patience.String())
	applyExample(t, "pod.yaml")
	kubectl(t, "wait", "--for=condition=Ready", "pod/gallery", "--timeout="+patience.String())
	checkPage(t, "a fine picture")

	kubectl(t, "delete", "pod/gallery", "pvc/pictures", "--timeout="+patience.String())
	checkNothingIsLeft(t)
}

// checkSize checks that a pod sees a volume of that many GiB. XFS takes up to 64
// MiB of each for its own.
func checkSize(t *testing.T, pod, path string, gib int) {
	t.Helper()
	var kib int
	output := shell(t, pod, "df -k -P "+path+" | awk 'END {print $2}'")
	if _, err := fmt.Sscan(output, &kib); err != nil {
		t.Fatalf("df prints %q: %v", output, err)
	}
	const most = 1 << 20
	const least = most * 15 / 16
	if kib < gib*least || kib > gib*most {
		t.Errorf("df shows %d KiB, want %d to %d", kib, gib*least, gib*most)
	}
}

// checkPage checks what the pod gallery serves.
func checkPage(t *testing.T, want string) {
	t.Helper()
	address := kubectl(t, "get", "pod", "gallery", "-o", "jsonpath={.status.podIP}")
	page, err := bench.Run(t.Context(), nil, "/usr/bin/busybox", "wget", "-q", "-O", "-", "http://"+address+":8080/")
	if err != nil || strings.TrimSpace(string(page)) != want {
		t.Errorf("the pod serves %q (%v), want %q", page, err, want)
	}
}

// checkStranger checks that the volume's GID is what lets a pod write.
func checkStranger(t *testing.T, pv string) {
	t.Helper()
	apply(t, fmt.Sprintf(withoutGID,
		kubectl(t, "get", "pv", pv, "-o", "jsonpath={.spec.glusterfs.endpoints}"),
		kubectl(t, "get", "pv", pv, "-o", "jsonpath={.spec.glusterfs.path}")))
	kubectl(t, "wait", "--for=condition=Ready", "pod/stranger", "--timeout="+patience.String())
	if got := shell(t, "stranger", "touch /pictures/mine 2>&1 || true"); !strings.Contains(got, "Permission denied") {
		t.Errorf("a pod without the volume's GID writes: %q", got)
	}
	kubectl(t, "delete", "pod", "stranger", "--timeout="+patience.String())
}

// checkBricks checks that a file is, with that content, in bricks on three hosts.
func checkBricks(t *testing.T, file, want string) {
	t.Helper()
	var having []string
	for _, host := range env.hosts.All() {
		content, err := host.Run(t.Context(), "cat /var/lib/heketi/mounts/vg_*/brick_*/brick/"+file)
		if err == nil && strings.TrimSpace(content) == want {
			having = append(having, host.Name())
		}
	}
	if len(having) != 3 {
		t.Errorf("the file %s is on the hosts %s, want three", file, having)
	}
}

// checkPorts checks that the bricks listen on the ports that a firewall has to let
// through.
func checkPorts(t *testing.T) {
	t.Helper()
	ports, err := env.hosts.All()[0].Run(t.Context(), "gluster volume status all detail | awk '/TCP Port/ {print $4}'")
	if err != nil {
		t.Fatal(err)
	}
	for port := range strings.FieldsSeq(ports) {
		number, err := strconv.Atoi(port)
		if err != nil || number < 49152 || number > gluster.LastBrickPort {
			t.Errorf("a brick listens on port %s, want 49152 to %d", port, gluster.LastBrickPort)
		}
	}
}

// checkNothingIsLeft waits until there is nothing in Kubernetes, in heketi and on
// the hosts that belongs to a volume.
func checkNothingIsLeft(t *testing.T) {
	t.Helper()
	waitUntilPrints(t, "", patience, "get", "pv", "-o", "name")
	waitUntilPrints(t, "", patience, "get", "endpoints,services", "-A", "-l", "gluster.kubernetes.io/provisioned-for-pvc", "-o", "name")
	bench.Eventually(t, patience, func(ctx context.Context) error {
		if volumes, err := env.heketi.CLI(ctx, "volume", "list"); err != nil || len(volumes) > 0 {
			return fmt.Errorf("heketi has volumes: %s (%w)", volumes, err)
		}
		for _, host := range env.hosts.All() {
			left, err := host.Run(ctx, "ls -d /var/lib/heketi/mounts/vg_*/brick_* 2> /dev/null; cat /var/lib/heketi/fstab; gluster volume list")
			if err != nil || strings.TrimSpace(left) != "" {
				return fmt.Errorf("the host %s still has: %s (%w)", host.Name(), left, err)
			}
		}
		return nil
	})
}
