package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// TestStack goes the way of a cluster from empty disks to empty disks.
func TestStack(t *testing.T) {
	asBefore := leavesTheMachinesAsTheyWere(t)
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{
		{"Install", install},
		{"Write", write},
		{"Report", testReport},
		{"ManyClaims", testManyClaims},
		{"HeketiIsKilled", testHeketiIsKilled},
		{"HeketisNodeIsLost", testHeketisNodeIsLost},
		{"AllNodesOffAndOn", testAllNodesOffAndOn},
		{"NodeIsReplaced", testNodeIsReplaced},
		{"DiskDies", testDiskDies},
		{"Remove", testRemove},
	} {
		if !t.Run(step.name, step.take) {
			explain(t)
			return
		}
	}
	asBefore()
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{{"InstallAgain", install}, {"WriteAgain", write}, {"RemoveAgain", testRemove}} {
		if !t.Run(step.name, step.take) {
			explain(t)
			return
		}
	}
	asBefore()
}

// writeCluster writes a GlusterCluster of machines, as a person would.
func writeCluster(t *testing.T, machines []*machine) {
	t.Helper()
	var text strings.Builder
	text.WriteString("apiVersion: gluster.org/v1alpha1\nkind: GlusterCluster\nmetadata:\n  name: glusterfs\nspec:\n  nodes:\n")
	for _, m := range machines {
		fmt.Fprintf(&text, "    - name: %s\n      zone: %d\n", m.name, m.zone)
		for _, word := range m.words {
			fmt.Fprintf(&text, "      %s: true\n", word)
		}
		text.WriteString("      devices:\n")
		for _, disk := range m.disks {
			fmt.Fprintf(&text, "        - path: %s\n", disk)
			for _, word := range m.wordsOf[disk] {
				fmt.Fprintf(&text, "          %s: true\n", word)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(env.person.Folder, "examples", "glustercluster.yaml"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// install installs all of it, up to the object being ready.
func install(t *testing.T) {
	writeCluster(t, env.machines)
	types(t,
		"kubectl apply -f deploy/glusterfs/ -f deploy/heketi/",
		`kubectl -n glusterfs create secret generic heketi-keys --from-literal=admin="$(head -c 32 /dev/urandom | base64 -w 0)" --from-literal=user="$(head -c 32 /dev/urandom | base64 -w 0)"`,
		"kubectl apply -f examples/glustercluster.yaml",
		"kubectl wait --for=condition=Ready glustercluster/glusterfs --timeout=10m",
	)
	nodes := len(env.machines)
	if listed, want := types(t, "kubectl get glusterclusters"), fmt.Sprintf("%d/%[1]d     %d/%[2]d", nodes, 2*nodes); !strings.Contains(listed, want) {
		t.Errorf("the objects are listed as %q, want all of %s nodes and disks", listed, want)
	}
	types(t,
		"kubectl apply -f deploy/ -f deploy/csi/",
		`kubectl -n glusterfs-provisioner create secret generic heketi --type=gluster.org/glusterfs --from-literal=key="$(kubectl -n glusterfs get secret heketi-keys -o jsonpath='{.data.admin}' | base64 -d)"`,
		"kubectl apply -f examples/class.yaml",
	)
}

// write has a pod write to a volume.
func write(t *testing.T) {
	types(t,
		"kubectl apply -f examples/claim.yaml",
		"kubectl apply -f examples/pod.yaml",
		"kubectl wait --for=condition=Ready pod/gallery --timeout=4m",
		"kubectl exec gallery -- sh -c 'echo a fine picture > /pictures/index.html'",
	)
	checkPicture(t)
}

func checkPicture(t *testing.T) {
	t.Helper()
	if got := inGallery(t, "cat /pictures/index.html"); got != "a fine picture" {
		t.Errorf("the pod reads %q", got)
	}
}

// testRemove takes all of it away. While a volume is there, the object waits, and nothing of its disks is removed.
func testRemove(t *testing.T) {
	var deletion errgroup.Group
	deletion.Go(func() error {
		_, err := env.person.Types(t.Context(), "kubectl delete glustercluster glusterfs --timeout=10m")
		return err
	})
	eventually(t, func(ctx context.Context) error {
		said, err := try(ctx, "get", "glustercluster", "glusterfs", "-o", `jsonpath={.status.conditions[?(@.type=="RemovalBlocked")].message}`)
		if err == nil && !strings.Contains(said, "PersistentVolume pvc-") {
			err = fmt.Errorf("the object says %q, want a PersistentVolume that blocks its removal", said)
		}
		return err
	})
	checkPicture(t)
	types(t, "kubectl delete pod/gallery pvc/pictures", "kubectl delete -f examples/class.yaml")
	if err := deletion.Wait(); err != nil {
		t.Fatal(err)
	}
	waitUntilPrints(t, "", "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=glusterfs", "-o", "name")
	types(t, "kubectl delete -f deploy/csi/ -f deploy/ -f deploy/heketi/ -f deploy/glusterfs/")
	left := kubectl(t, "get", "namespaces,clusterroles,clusterrolebindings,csidrivers,crds,pv,nodes", "-o", "name")
	labels := kubectl(t, "get", "nodes", "-o", "jsonpath={.items[*].metadata.labels}")
	for line := range strings.Lines(left + "\n" + labels) {
		if strings.Contains(line, "gluster") || strings.Contains(line, "heketi") {
			t.Errorf("left is %s", strings.TrimSpace(line))
		}
	}
}

// explain logs what a person would look at.
func explain(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"get", "pods", "--all-namespaces", "-o", "wide"},
		{"describe", "glusterclusters"},
		{"get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"},
		{"logs", "--namespace=glusterfs", "deployment/heketi", "--tail=60"},
		{"logs", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=glusterfs", "--tail=40"},
	} {
		said, err := try(context.Background(), args...)
		t.Logf("kubectl %s:\n%s", strings.Join(args, " "), errors.Join(err, errors.New(said)))
	}
}
