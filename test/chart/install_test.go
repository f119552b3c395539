package chart

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// classValues are values with one class, of that size of a volume's replica set.
const classValues = `storageClasses:
- name: gold
  default: true
  parameters: {resturl: "http://heketi.example.com:8080", restuser: admin, secretNamespace: glusterfs-provisioner, secretName: heketi, gidMin: 2000000, volumetype: "replicate:REPLICA"}
heketiSecrets:
- {name: heketi, key: adminkey}
`

// TestInstall installs the chart on a real API server, upgrades it, rolls it back and removes it,
// as docs/chart.md tells. In the end there is what there was before, but for the namespace.
func TestInstall(t *testing.T) {
	for _, version := range bench.Versions() {
		t.Run(string(version), func(t *testing.T) { install(t, newHelmer(t), version) })
	}
}

func install(t *testing.T, h helmer, version bench.Kubernetes) {
	t.Helper()
	cluster, err := bench.StartCluster(t.Context(), bench.Options{Kubernetes: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	h.environment = append(h.environment, "KUBECONFIG="+cluster.Kubeconfig())
	kubectl := func(args ...string) string {
		t.Helper()
		output, err := cluster.Kubectl(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(output))
	}
	helm := func(args ...string) {
		t.Helper()
		if _, err := h.run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	values := func(replica string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "values.yaml")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(classValues, "REPLICA", replica)), 0o600); err != nil {
			t.Fatal(err)
		}
		return "--values=" + file
	}
	const volumeType = "jsonpath={.parameters.volumetype} {.parameters.gidMin}"
	expect := func(want string, args ...string) {
		t.Helper()
		if got := kubectl(args...); got != want {
			t.Errorf("kubectl %s prints %q, want %q", strings.Join(args, " "), got, want)
		}
	}
	replicas := []string{"get", "deployment", "glusterfs-provisioner", "--namespace=" + namespace, "-o", "jsonpath={.spec.replicas}"}
	before := everything(t, cluster)

	helm("install", release, h.chart, "--namespace="+namespace, "--create-namespace", values("3"))
	expect("replicate:3 2000000", "get", "storageclass", "gold", "-o", volumeType)
	helm("upgrade", release, h.chart, "--namespace="+namespace, values("3"), "--set=provisioner.replicas=3")
	expect("3", replicas...)
	helm("rollback", release, "1", "--namespace="+namespace)
	expect("2", replicas...)

	_, err = h.run(t.Context(), "upgrade", release, h.chart, "--namespace="+namespace, values("2"))
	if err == nil || !strings.Contains(err.Error(), "parameters") {
		t.Errorf("an upgrade that changes a class's parameters ends with %v", err)
	}
	kubectl("delete", "storageclass", "gold")
	helm("upgrade", release, h.chart, "--namespace="+namespace, values("2"))
	expect("replicate:2 2000000", "get", "storageclass", "gold", "-o", volumeType)

	helm("uninstall", release, "--namespace="+namespace)
	kubectl("delete", "namespace", namespace)
	bench.Eventually(t, time.Minute, func(context.Context) error {
		if after := everything(t, cluster); !slices.Equal(after, before) {
			return fmt.Errorf("after it was removed, there are %q, before %q", after, before)
		}
		return nil
	})
}

// everything is what there is in a cluster, but for what Kubernetes itself writes all the time.
func everything(t *testing.T, cluster *bench.Cluster) []string {
	t.Helper()
	lines := func(args ...string) []string {
		t.Helper()
		output, err := cluster.Kubectl(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(output)), "\n")
	}
	kinds := slices.DeleteFunc(lines("api-resources", "--verbs=list", "-o", "name"), func(kind string) bool {
		return strings.HasPrefix(kind, "events") || strings.HasPrefix(kind, "leases")
	})
	objects := lines("get", strings.Join(kinds, ","), "--all-namespaces", "--no-headers",
		"-o", "custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name")
	slices.Sort(objects)
	return objects
}
