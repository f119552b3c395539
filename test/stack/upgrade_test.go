package stack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/node"
)

// TestUpgrade takes GlusterFS from 10 to 11, node by node, while a pod writes.
func TestUpgrade(t *testing.T) {
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{{"Install", install}, {"Write", write}, {"Upgrade", testUpgrade}, {"GlusterdsMeetAgain", testGlusterdsMeetAgain}, {"OldClients", testOldClients}, {"Remove", testRemove}} {
		if !t.Run(step.name, step.take) {
			explain(t)
			return
		}
	}
}

// meanwhile is a claim that is made while hosts have different versions.
const meanwhile = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: meanwhile
spec:
  storageClassName: glusterfs
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 1Gi
`

// testUpgrade has no write fail, and makes a volume on hosts of both versions.
func testUpgrade(t *testing.T) {
	startWriter(t)
	expectVersion(t, "10.3")
	kubectl(t, "set", "image", "--namespace=glusterfs", "daemonset/glusterfs", "glusterfs="+node.NewerHostImage)
	process := startRollout(t)
	eventually(t, func(context.Context) error {
		if !strings.Contains(process.Output(), "the new pod is ready") {
			return fmt.Errorf("no pod is new yet: %s", process.Output())
		}
		return nil
	})
	apply(t, meanwhile)
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	status, err := process.Wait(ctx)
	t.Logf("kubectl glusterfs rollout ended with %d (%v):\n%s", status, err, process.Output())
	if err != nil || status != 0 {
		t.FailNow()
	}
	expectVersion(t, "11.1")
	kubectl(t, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/meanwhile", "--timeout="+patience.String())
	checkLines(t)
	checkPicture(t)
}

// expectVersion fails unless all GlusterFS pods have a version.
func expectVersion(t *testing.T, version string) {
	t.Helper()
	for host, pod := range hostPods(t) {
		name, _, _ := strings.Cut(pod, " ")
		if said := inHost(t, name, "gluster --version"); !strings.HasPrefix(said, "glusterfs "+version+"\n") {
			t.Errorf("node %s has %q, want version %s", host, said, version)
		}
	}
}

// inHost runs a shell command in a GlusterFS pod.
func inHost(t *testing.T, pod, command string) string {
	t.Helper()
	return kubectl(t, "exec", "--namespace=glusterfs", pod, "--container=glusterfs", "--", "sh", "-c", command)
}

// testGlusterdsMeetAgain starts each glusterd anew: none rejects another one, and clients reach all bricks.
func testGlusterdsMeetAgain(t *testing.T) {
	pods := hostPods(t)
	for _, host := range slices.Sorted(maps.Keys(pods)) {
		name, _, _ := strings.Cut(pods[host], " ")
		inHost(t, name, "killall glusterd")
		if status, said := rollout(t); status != 0 || !strings.Contains(said, "all is whole") || strings.Contains(said, "Starts glusterd on node") {
			t.Errorf("after glusterd of node %s died, it ends with %d: %s", host, status, said)
		}
	}
}

// testOldClients refuses the newer op-version while clients do not know it.
func testOldClients(t *testing.T) {
	kubectl(t, "delete", "pvc/meanwhile")
	waitUntilPrints(t, "1", "get", "pv", "-o", "go-template={{len .items}}")
	if status, said := rollout(t, "--op-version"); status != 1 || !strings.Contains(said, "clients do not know 110000") {
		t.Errorf("with clients of GlusterFS 10, it ends with %d: %s", status, said)
	}
}
