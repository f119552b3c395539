package e2e

import (
	"context"
	"strings"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
)

// testVolumeIsFull has a pod write until its volume is full. What it wrote before
// stays, and so does another volume's room. Then the claim grows, and the same pod
// goes on.
func testVolumeIsFull(t *testing.T) {
	// A brick looks after its health by writing, and ends itself where it cannot.
	makeClass(t, "small", parameters{"volumeoptions": "storage.health-check-interval 0"}, func(class *storagev1.StorageClass) {
		allow := true
		class.AllowVolumeExpansion = &allow
	})
	makeNamespace(t, "quota")
	makeClaim(t, claim{namespace: "quota", name: "small", class: "small"})
	makeClaim(t, claim{namespace: "quota", name: "other", class: "small"})
	startPod(t, "quota", "writer", "small", "other")
	pod := "quota/writer"
	shell(t, pod, "echo kept | tee /1/kept > /2/kept && dd if=/dev/urandom of=/1/sample bs=1M count=20 2> /dev/null")
	sum := shell(t, pod, "sha256sum /1/sample")

	// That there is no space is an I/O error if the bricks do not say so all at the same write.
	got := shell(t, pod, "dd if=/dev/zero of=/1/more bs=1M count=2000 2>&1 || true")
	if !strings.Contains(got, "No space left on device") && !strings.Contains(got, "Input/output error") {
		t.Errorf("dd writes 2000 MiB to a volume of 1 GiB: %s", got)
	}
	if got := shell(t, pod, "cat /1/kept; sha256sum /1/sample"); got != "kept\n"+sum {
		t.Errorf("the files in the full volume are now %q, were %q", got, "kept\n"+sum)
	}
	if got := shell(t, pod, "cat /2/kept; dd if=/dev/zero of=/2/more bs=1M count=500 2>&1"); !strings.HasPrefix(got, "kept\n") || !strings.Contains(got, "500+0 records out") {
		t.Errorf("the other volume does not have what was written to it, or not take 500 MiB: %s", got)
	}

	kubectl(t, "patch", "pvc", "small", "--namespace=quota", "--patch", `{"spec": {"resources": {"requests": {"storage": "2Gi"}}}}`)
	waitUntilPrints(t, "2Gi", "get", "pvc", "small", "--namespace=quota", "-o", "jsonpath={.status.capacity.storage}")
	goOnWriting(t, pod)
	checkSize(t, shell(t, pod, "df -k -P /1"), 2)
	if got := shell(t, pod, "cat /1/kept; sha256sum /1/sample"); got != "kept\n"+sum {
		t.Errorf("the files in the volume that grew are now %q, were %q", got, "kept\n"+sum)
	}
}

// goOnWriting writes to /1, a volume of 1 GiB that was full and has 2 GiB now. A
// file goes to the old or to the new bricks by its name, so that some names fail
// until there is a little room on the old ones, too. This begins when the layout is
// made anew, which heketi has gluster do.
func goOnWriting(t *testing.T, pod string) {
	t.Helper()
	const some = "for name in a b c d e f g h; do dd if=/dev/zero of=/1/$name bs=1M count=1 2> /dev/null && exit; done; exit 1"
	eventually(t, func(ctx context.Context) error {
		_, err := try(ctx, inPod(pod, some)...)
		return err
	})
	shell(t, pod, "rm /1/more")
	// Together they are more than the volume had. A file stays where it was begun,
	// and whether there is room is looked at every few seconds only, so one that
	// does not fit is begun anew.
	const more = "for n in $(seq 110); do [ -e /1/part-$n ] || dd if=/dev/zero of=/1/part-$n bs=1M count=10 2> /dev/null || { rm -f /1/part-$n; exit 1; }; done"
	eventually(t, func(ctx context.Context) error {
		_, err := try(ctx, inPod(pod, more)...)
		return err
	})
}
