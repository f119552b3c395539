package e2e

import (
	"strings"
	"testing"
)

// TestVolumeIsFull has a pod write until its volume is full. What it wrote before
// stays, and so does another volume's room.
func TestVolumeIsFull(t *testing.T) {
	makeClass(t, "small", nil)
	makeNamespace(t, "quota")
	makeClaim(t, claim{namespace: "quota", name: "small", class: "small"})
	makeClaim(t, claim{namespace: "quota", name: "other", class: "small"})
	startPod(t, "quota", "writer", "small", "other")
	pod := "quota/writer"
	shell(t, pod, "echo kept > /1/kept && dd if=/dev/urandom of=/1/sample bs=1M count=20 2> /dev/null")
	sum := shell(t, pod, "sha256sum /1/sample")

	if got := shell(t, pod, "dd if=/dev/zero of=/1/more bs=1M count=2000 2>&1 || true"); !strings.Contains(got, "No space left on device") {
		t.Errorf("dd writes 2000 MiB to a volume of 1 GiB: %s", got)
	}
	if got := shell(t, pod, "cat /1/kept; sha256sum /1/sample"); got != "kept\n"+sum {
		t.Errorf("the files in the full volume are now %q, were %q", got, "kept\n"+sum)
	}
	if got := shell(t, pod, "dd if=/dev/zero of=/2/more bs=1M count=500 2>&1"); !strings.Contains(got, "500+0 records out") {
		t.Errorf("the other volume does not take 500 MiB: %s", got)
	}
	shell(t, pod, "rm /1/more && echo again > /1/kept")
}
