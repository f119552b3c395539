package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/dumps"
	"glusterfs-provisioner/test/e2e/person"
)

// TestRebuild loses heketi's database, and then the whole namespace with it, and makes the database again as
// docs/rebuilding.md tells for GlusterFS in pods.
func TestRebuild(t *testing.T) {
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{
		{"Install", install}, {"Write", write}, {"DatabaseIsLost", testDatabaseIsLost}, {"NamespaceIsDeleted", testNamespaceIsDeleted}, {"Remove", testRemove},
	} {
		if !t.Run(step.name, step.take) {
			explain(t)
			return
		}
	}
}

// testDatabaseIsLost deletes what heketi's keeper has saved, while no keeper runs that would save it again.
func testDatabaseIsLost(t *testing.T) {
	reader := readsRebuilding(t)
	was, cluster, found := dumpDatabase(t), clusterID(t), audit(t, reader)
	kubectl(t, "scale", "--namespace=glusterfs", "deployment/heketi", "--replicas=0")
	waitUntilPrints(t, "", "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=heketi", "-o", "name")
	kubectl(t, "delete", "secret", "heketi-database", "--namespace=glusterfs")
	kubectl(t, "scale", "--namespace=glusterfs", "deployment/heketi", "--replicas=1")
	waitRefusal(t, "the saved database is gone")

	collect(t, reader)
	if _, err := reader.Types(t.Context(), importIt); err == nil || !strings.Contains(err.Error(), "kubectl delete configmap heketi-database") {
		t.Errorf("while the ConfigMap is there, the error of import is %v", err)
	}
	typesOf(t, reader, "kubectl -n glusterfs delete configmap heketi-database")
	waitRefusal(t, "refusing to start heketi with an empty database")
	importDatabase(t, reader)
	checkRebuilt(t, reader, was, cluster, found)
}

// testNamespaceIsDeleted deletes the namespace with GlusterFS, heketi and all that heketi knew, while a pod has a volume mounted.
func testNamespaceIsDeleted(t *testing.T) {
	reader := readsRebuilding(t)
	was, cluster, found := dumpDatabase(t), clusterID(t), audit(t, reader)
	start := time.Now()
	kubectl(t, "delete", "namespace", "glusterfs", "--timeout="+patience.String())
	t.Logf("the namespace was gone after %s", time.Since(start).Round(time.Second))
	if said, err := try(t.Context(), "exec", "gallery", "--", "timeout", "20", "cat", "/pictures/index.html"); err == nil {
		t.Errorf("without GlusterFS, the pod reads %q", said)
	}

	start = time.Now()
	typesOf(t, reader, "kubectl apply -f deploy/glusterfs/ -f deploy/heketi/")
	waitUntilPrints(t, "3", "get", "daemonset", "--namespace=glusterfs", "glusterfs", "-o", "jsonpath={.status.numberReady}")
	writeAgain(t)
	t.Logf("the pod writes again %s after the manifests were applied", time.Since(start).Round(time.Second))
	typesOf(t, reader, `kubectl -n glusterfs create secret generic heketi-keys --from-literal=admin="$(kubectl -n glusterfs-provisioner get secret heketi -o jsonpath='{.data.key}' | base64 -d)" --from-literal=user="$(head -c 32 /dev/urandom | base64 -w 0)"`)
	waitRefusal(t, "refusing to start heketi with an empty database")
	collect(t, reader)
	importDatabase(t, reader)
	checkRebuilt(t, reader, was, cluster, found)
}

// importIt is the command that gives the keeper a database.
const importIt = `kubectl -n glusterfs run heketi-import --image="$(kubectl -n glusterfs get deployment heketi -o jsonpath='{.spec.template.spec.containers[0].image}')" --overrides='{"spec":{"serviceAccountName":"heketi"}}' --restart=Never --rm -i -- import --heketi=/heketi --dir=/tmp/heketi --namespace=glusterfs < rebuilt.json`

// readsRebuilding is the person, who reads docs/rebuilding.md now, and types in a folder of its own with the same manifests.
func readsRebuilding(t *testing.T) *person.Person {
	t.Helper()
	reader, err := env.person.AlsoReads("docs/rebuilding.md")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp(env.person.Folder, "rebuilding-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(env.person.Folder, "deploy"), filepath.Join(folder, "deploy")); err != nil {
		t.Fatal(err)
	}
	reader.Folder = folder
	return reader
}

// typesOf types commands that a person has read.
func typesOf(t *testing.T, reader *person.Person, commands ...string) (output string) {
	t.Helper()
	for _, command := range commands {
		var err error
		if output, err = reader.Types(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	return output
}

// collect asks the hosts, and makes the database.
func collect(t *testing.T, reader *person.Person) {
	t.Helper()
	typesOf(t, reader,
		"glusterfs-provisioner rebuild --script > collect.sh",
		"mkdir hosts",
		`kubectl -n glusterfs get pods -l glusterfs-node -o jsonpath='{range .items[*]}{.metadata.name} {.spec.nodeName}{"\n"}{end}' > pods.txt`,
		"while read -r pod node; do kubectl -n glusterfs exec -i $pod -- sh -s < collect.sh > hosts/$node.txt; done < pods.txt",
		"kubectl get pv -o yaml > volumes.yaml",
		"kubectl get glusterclusters -o yaml > disks.yaml",
	)
	report := typesOf(t, reader, "glusterfs-provisioner rebuild --volumes=volumes.yaml --topology=disks.yaml --dry-run hosts/*.txt")
	t.Logf("rebuild says:\n%s", report)
	for _, unwanted := range []string{"contradiction: ", "left over: ", "to do: ", "the zone of storage host", "not heketi's: "} {
		if strings.Contains(report, unwanted) {
			t.Errorf("rebuild tells of %q", unwanted)
		}
	}
	typesOf(t, reader, "glusterfs-provisioner rebuild --volumes=volumes.yaml --topology=disks.yaml --output=rebuilt.json hosts/*.txt")
}

// importDatabase gives the database to the keeper, and waits until heketi serves.
func importDatabase(t *testing.T, reader *person.Person) {
	t.Helper()
	if said := typesOf(t, reader, importIt); !strings.Contains(said, "saved in Secret glusterfs/heketi-database") {
		t.Errorf("import says %q", said)
	}
	typesOf(t, reader, "kubectl -n glusterfs rollout restart deployment/heketi", "kubectl -n glusterfs rollout status deployment/heketi")
}

// checkRebuilt checks that heketi has what it had, that the object is as it was, and that the old volume and new ones live.
func checkRebuilt(t *testing.T, reader *person.Person, was []byte, cluster string, found []string) {
	t.Helper()
	differences, err := dumps.Differences(was, dumpDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences {
		t.Error(difference)
	}
	waitWhole(t)
	if got := clusterID(t); got != cluster {
		t.Errorf("the object's cluster is %q, and was %q", got, cluster)
	}
	waitUntilPrints(t, "True", "get", "glustercluster", "glusterfs", "-o", `jsonpath={.status.conditions[?(@.type=="InSync")].status}`)
	if said := askHeketi(t, "db", "check"); !strings.Contains(said, `"totalinconsistencies": 0`) {
		t.Errorf("heketi says of its database: %s", said)
	}
	if finds := audit(t, reader); !slices.Equal(finds, found) {
		t.Errorf("the audit finds %q, and found %q before", finds, found)
	}
	checkPicture(t)
	claimMany(t)
	waitBound(t)
	grow(t, "many-0", "2Gi")
	grow(t, "pictures", nextSize(t))
	checkPicture(t)
	writeAgain(t)
	deleteMany(t)
}

// audit is what the provisioner's audit finds: each kind of finding with its volume. Where LVM is stood in for, heketi takes no brick
// for mounted, since their devices have other names then.
func audit(t *testing.T, reader *person.Person) (found []string) {
	t.Helper()
	said, err := reader.Types(t.Context(), "kubectl -n glusterfs-provisioner exec deployment/glusterfs-provisioner -- /glusterfs-provisioner audit --gluster")
	if !strings.Contains(said, "heketis asked: 1 of 1") {
		t.Fatalf("the audit says %q (%v)", said, err)
	}
	for line := range strings.Lines(said) {
		if words := strings.Fields(line); len(words) > 2 && words[0] != "KIND" && words[0] != "findings:" {
			found = append(found, words[0]+" "+words[1])
		}
	}
	slices.Sort(found)
	return found
}

// nextSize is a GiB more than the claim of the pod has.
func nextSize(t *testing.T) string {
	t.Helper()
	var gib int
	if _, err := fmt.Sscanf(kubectl(t, "get", "pvc", "pictures", "-o", "jsonpath={.status.capacity.storage}"), "%dGi", &gib); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%dGi", gib+1)
}

// grow has a claim grow.
func grow(t *testing.T, claim, size string) {
	t.Helper()
	kubectl(t, "patch", "storageclass", "glusterfs", "-p", `{"allowVolumeExpansion":true}`)
	kubectl(t, "patch", "pvc", claim, "-p", fmt.Sprintf(`{"spec":{"resources":{"requests":{"storage":%q}}}}`, size))
	waitUntilPrints(t, size, "get", "pvc", claim, "-o", "jsonpath={.status.capacity.storage}")
}

// writeAgain has the pod write, and read it again.
func writeAgain(t *testing.T) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		said, err := try(ctx, "exec", "gallery", "--", "timeout", "20", "sh", "-c", "echo again > /pictures/again && cat /pictures/again && rm /pictures/again")
		if err == nil && said != "again" {
			err = fmt.Errorf("the pod reads %q, which wrote: again", said)
		}
		return err
	})
	checkPicture(t)
}

// waitRefusal waits until the keeper tells why it does not start, where docs/heketi-keeper.md says.
func waitRefusal(t *testing.T, why string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		said, err := try(ctx, "describe", "pod", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=heketi")
		if err == nil && (!strings.Contains(said, "HeketiNotKept") || !strings.Contains(said, why)) {
			err = errors.New("the keeper does not say that " + why)
		}
		return err
	})
}

// dumpDatabase is what heketi knows.
func dumpDatabase(t *testing.T) []byte {
	t.Helper()
	return []byte(askHeketi(t, "db", "dump"))
}

// clusterID is heketi's id of the object's cluster.
func clusterID(t *testing.T) string {
	t.Helper()
	return kubectl(t, "get", "glustercluster", "glusterfs", "-o", "jsonpath={.status.clusterID}")
}
