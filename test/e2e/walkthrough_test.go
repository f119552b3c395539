package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/e2e/gluster"
)

// testWalkthrough is what docs/walkthrough.md tells, from the claim on.
func testWalkthrough(t *testing.T) {
	t.Cleanup(func() { explain(t) })
	walk(t,
		"kubectl apply -f examples/claim.yaml",
		"kubectl apply -f examples/pod.yaml",
	)
	v := volumeOf(t, "default", "pictures")
	const ready = "kubectl wait --for=condition=Ready pod/gallery --timeout=4m"
	walk(t, ready)
	checkSize(t, walk(t, "kubectl exec gallery -- df -k -P /pictures"), 5)
	checkUser(t, walk(t, "kubectl exec gallery -- id"), v)
	walk(t, "kubectl exec gallery -- sh -c 'echo a fine picture > /pictures/index.html'")
	checkServes(t, "a fine picture")
	v.checkHolds(t, "index.html", "a fine picture", 3)
	checkPorts(t)

	walk(t, "kubectl delete pod gallery")
	checkStranger(t, v)
	walk(t, "kubectl apply -f examples/pod.yaml", ready)
	checkServes(t, "a fine picture")

	walk(t,
		`kubectl patch storageclass glusterfs -p '{"allowVolumeExpansion": true}'`,
		`kubectl patch pvc pictures -p '{"spec": {"resources": {"requests": {"storage": "6Gi"}}}}'`,
		"kubectl wait --for=jsonpath='{.status.capacity.storage}'=6Gi pvc/pictures --timeout=4m",
	)
	checkSize(t, walk(t, "kubectl exec gallery -- df -k -P /pictures"), 6)
	checkServes(t, "a fine picture")

	v = volumeOf(t, "default", "pictures")
	walk(t, "kubectl delete pod/gallery pvc/pictures")
	v.waitGone(t)
	waitUntilPrints(t, "service/kubernetes", "get", "services", "--namespace=default", "-o", "name")
	waitUntilPrints(t, "endpoints/kubernetes", "get", "endpoints", "--namespace=default", "-o", "name")
}

// checkSize checks that df shows a volume of that many GiB. XFS takes up to 64 MiB
// of each for its own.
func checkSize(t *testing.T, df string, gib int) {
	t.Helper()
	lines := strings.Split(df, "\n")
	fields := strings.Fields(lines[len(lines)-1])
	if len(fields) < 2 {
		t.Fatalf("df prints %q", df)
	}
	const most = 1 << 20
	const least = most * 15 / 16
	if kib, err := strconv.Atoi(fields[1]); err != nil || kib < gib*least || kib > gib*most {
		t.Errorf("df shows %s KiB, want %d to %d:\n%s", fields[1], gib*least, gib*most, df)
	}
}

// checkUser checks what id prints of an ordinary user who has the volume's GID.
func checkUser(t *testing.T, id string, v volume) {
	t.Helper()
	gid := v.pv.Annotations["pv.beta.kubernetes.io/gid"]
	_, groups, _ := strings.Cut(id, "groups=")
	if !strings.HasPrefix(id, "uid=1000") || gid == "" || !slices.Contains(strings.Split(groups, ","), gid) {
		t.Errorf("id prints %q, want uid=1000, and the PersistentVolume's GID %q among the groups", id, gid)
	}
}

// checkServes checks what the pod gallery serves, to itself and to the node.
func checkServes(t *testing.T, want string) {
	t.Helper()
	if page := walk(t, "kubectl exec gallery -- wget -q -O - http://localhost:8080/"); page != want {
		t.Errorf("the pod serves %q, want %q", page, want)
	}
}

// checkStranger checks that the volume's GID is what lets a pod write: by another
// PersistentVolume of the same volume, which does not tell it. To kubelet both are the
// same if they have the source csi, so no pod may use the other one meanwhile.
func checkStranger(t *testing.T, v volume) {
	t.Helper()
	pv := &v1.PersistentVolume{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
		ObjectMeta: metav1.ObjectMeta{Name: "stranger"},
		Spec:       *v.pv.Spec.DeepCopy(),
	}
	pv.Spec.StorageClassName = "stranger"
	pv.Spec.ClaimRef = nil
	pv.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimRetain
	applyObject(t, pv)
	makeClaim(t, claim{namespace: "default", name: "stranger", class: "stranger", volume: "stranger"})
	startPod(t, "default", "stranger", "stranger")
	if got := shell(t, "default/stranger", "touch /1/mine 2>&1 || true"); !strings.Contains(got, "Permission denied") {
		t.Errorf("a pod without the volume's GID writes: %q", got)
	}
	remove(t, "default", "pod/stranger", "pvc/stranger", "pv/stranger")
}

// checkPorts checks that the bricks listen on the ports that a firewall has to let
// through.
func checkPorts(t *testing.T) {
	t.Helper()
	ports := onHost(t, env.hosts.All()[0], "gluster volume status all detail | awk '/TCP Port/ {print $4}'")
	for port := range strings.FieldsSeq(ports) {
		number, err := strconv.Atoi(port)
		if err != nil || number < 49152 || number > gluster.LastBrickPort {
			t.Errorf("a brick listens on port %s, want 49152 to %d", port, gluster.LastBrickPort)
		}
	}
}

// checkNothingIsLeft tells of what there is in Kubernetes, in heketi, on the node and
// on the hosts that belongs to a volume.
func checkNothingIsLeft(ctx context.Context) error {
	for _, args := range [][]string{
		{"get", "pv", "-o", "name"},
		{"get", "endpoints,services", "-A", "-l", "gluster.kubernetes.io/provisioned-for-pvc", "-o", "name"},
		{"get", "configmaps", "-A", "-l", "gluster.org/heketi-cluster", "-o", "name"},
	} {
		if left, err := try(ctx, args...); err != nil || left != "" {
			return errors.Join(err, fmt.Errorf("kubectl %s prints %q, want nothing", strings.Join(args, " "), left))
		}
	}
	if volumes, err := env.heketi.CLI(ctx, "volume", "list"); err != nil || len(volumes) > 0 {
		return errors.Join(err, fmt.Errorf("heketi has the volumes %q, want none", volumes))
	}
	if err := errors.Join(nothingIsMounted(ctx), noClientRuns(ctx)); err != nil {
		return err
	}
	for _, host := range env.hosts.All() {
		left, err := host.Run(ctx, "ls -d /var/lib/heketi/mounts/vg_*/brick_* 2> /dev/null; cat /var/lib/heketi/fstab; gluster volume list 2> /dev/null")
		if err != nil || strings.TrimSpace(left) != "" {
			return errors.Join(err, fmt.Errorf("the host %s still has %q, want nothing", host.Name(), left))
		}
	}
	return nil
}
