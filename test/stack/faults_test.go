package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// manyClaims is formatted with a number.
const manyClaims = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: many-%d
spec:
  storageClassName: glusterfs
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 1Gi
`

// claimMany makes eight claims at once.
func claimMany(t *testing.T) {
	t.Helper()
	var text []string
	for number := range 8 {
		text = append(text, fmt.Sprintf(manyClaims, number))
	}
	apply(t, strings.Join(text, "---\n"))
}

// waitBound waits until all claims are bound, and checks that gluster has a volume for each, and no other.
func waitBound(t *testing.T) {
	t.Helper()
	kubectl(t, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc", "--all", "--timeout="+patience.String())
	checkVolumes(t)
}

// checkVolumes checks that gluster has the volumes that PersistentVolumes tell of.
func checkVolumes(t *testing.T) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		volumes, err := try(ctx, "exec", "--namespace=glusterfs", "daemonset/glusterfs", "--", "gluster", "volume", "list")
		if err != nil {
			return err
		}
		pvs, err := try(ctx, "get", "pv", "-o", "jsonpath={range .items[*]}{.metadata.name}{'\\n'}{end}")
		if err != nil {
			return err
		}
		has, want := fields(volumes), fields(pvs)
		if has != want {
			return fmt.Errorf("gluster has the volumes %q, Kubernetes the PersistentVolumes %q", has, want)
		}
		return nil
	})
}

// testManyClaims makes eight volumes at once, by heketi's own client for Kubernetes, and deletes them.
func testManyClaims(t *testing.T) {
	start := time.Now()
	claimMany(t)
	waitBound(t)
	t.Logf("eight volumes in %s", time.Since(start).Round(time.Second))
	deleteMany(t)
}

func deleteMany(t *testing.T) {
	t.Helper()
	for number := range 8 {
		kubectl(t, "delete", "pvc", fmt.Sprintf("many-%d", number), "--wait=false")
	}
	waitUntilPrints(t, "1", "get", "pv", "-o", "go-template={{len .items}}")
	checkVolumes(t)
}

// testHeketiIsKilled kills keeper and heketi while volumes are made, and while they are deleted. Each claim gets one volume.
func testHeketiIsKilled(t *testing.T) {
	claimMany(t)
	eventually(t, func(ctx context.Context) error {
		bound, err := try(ctx, "get", "pvc", "-o", "jsonpath={.items[?(@.status.phase==\"Bound\")].metadata.name}")
		if err == nil && len(strings.Fields(bound)) < 3 {
			err = fmt.Errorf("bound are %q, want some", bound)
		}
		return err
	})
	killHeketi(t)
	waitBound(t)
	for number := range 8 {
		kubectl(t, "delete", "pvc", fmt.Sprintf("many-%d", number), "--wait=false")
	}
	killHeketi(t)
	waitUntilPrints(t, "1", "get", "pv", "-o", "go-template={{len .items}}")
	checkVolumes(t)
}

// killHeketi has heketi's pod go at once, without an end that is told.
func killHeketi(t *testing.T) {
	t.Helper()
	kubectl(t, "delete", "pod", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=heketi", "--grace-period=0", "--force")
	kubectl(t, "rollout", "status", "--namespace=glusterfs", "deployment/heketi", "--timeout="+patience.String())
}

// crashKeeper kills the keeper in its pod, and heketi with it. kubelet starts it again in the same folder.
func crashKeeper(t *testing.T) {
	t.Helper()
	if _, err := machineOf(t, "glusterfs", "app.kubernetes.io/name=heketi").Run(t.Context(), "pkill -KILL --full '^/heketi-keeper'"); err != nil {
		t.Fatal(err)
	}
}

// testHeketisNodeIsLost switches off the node of heketi. With no word from a person, heketi starts on another node with
// all that it had, and claims get volumes.
func testHeketisNodeIsLost(t *testing.T) {
	lost := machineOf(t, "glusterfs", "app.kubernetes.io/name=heketi")
	if err := lost.off(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitUntilPrints(t, "True", "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=heketi",
		"--field-selector=spec.nodeName!="+lost.name, "-o", `jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}`)
	if err := lost.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitWhole(t)
	readAgain(t)
	claimMany(t)
	waitBound(t)
	deleteMany(t)
}

// testAllNodesOffAndOn switches all nodes off, and on again. The pod has what it wrote.
func testAllNodesOffAndOn(t *testing.T) {
	for _, m := range env.machines {
		if err := m.off(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	starts, ctx := errgroup.WithContext(t.Context())
	for _, m := range env.machines {
		starts.Go(func() error { return m.On(ctx) })
	}
	if err := starts.Wait(); err != nil {
		t.Fatal(err)
	}
	waitWhole(t)
	readAgain(t)
	claimMany(t)
	waitBound(t)
	deleteMany(t)
}

// readAgain has another pod read what was written: the last one may have gone with its node.
func readAgain(t *testing.T) {
	t.Helper()
	kubectl(t, "delete", "pod", "gallery", "--ignore-not-found", "--timeout="+patience.String())
	types(t, "kubectl apply -f examples/pod.yaml", "kubectl wait --for=condition=Ready pod/gallery --timeout=4m")
	checkPicture(t)
}

// waitReady waits until heketi has all disks that are listed.
func waitReady(t *testing.T) {
	t.Helper()
	kubectl(t, "wait", "--for=condition=Ready", "glustercluster/glusterfs", "--timeout="+patience.String())
}

// waitWhole waits until all GlusterFS hosts have all their bricks, and heketi all its disks.
func waitWhole(t *testing.T) {
	t.Helper()
	kubectl(t, "wait", "--for=condition=Ready", "node", "--all", "--timeout="+patience.String())
	waitReady(t)
	waitUntilPrints(t, "3", "get", "daemonset", "--namespace=glusterfs", "glusterfs", "-o", "jsonpath={.status.numberReady}")
}

// machineOf is the machine on which the pod runs that a selector finds.
func machineOf(t *testing.T, namespace, selector string) *machine {
	t.Helper()
	name := kubectl(t, "get", "pods", "--namespace="+namespace, "--selector="+selector, "-o", "jsonpath={.items[0].spec.nodeName}")
	for _, m := range env.machines {
		if m.name == name {
			return m
		}
	}
	t.Fatalf("no machine is named %q", name)
	return nil
}

// fields are the words of a text, sorted.
func fields(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}
