package bench_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// heketiOnKubernetes is a configuration of heketi with which it is started only to ask for Kubernetes. It is formatted with its database.
const heketiOnKubernetes = `{
  "port": "0", "use_auth": true, "jwt": {"admin": {"key": "admin"}, "user": {"key": "user"}},
  "glusterfs": {"executor": "kubernetes", "kubeexec": {"namespace": "glusterfs"}, "db": %q}
}`

// TestHeketiHeedsItsLimit holds that the heketi that is built has the project's limit of requests for pods, and not only its own.
func TestHeketiHeedsItsLimit(t *testing.T) {
	t.Parallel()
	binaries, err := bench.BuildHeketi(t.Context(), ".", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "heketi.json")
	if err := os.WriteFile(config, fmt.Appendf(nil, heketiOnKubernetes, filepath.Join(t.TempDir(), "heketi.db")), 0o600); err != nil {
		t.Fatal(err)
	}
	for perSecond, want := range map[string]string{
		"many": `HEKETI_KUBE_QPS="many"`,
		"5":    "KUBERNETES_SERVICE_HOST", // The limit is a good one, but this is no pod.
	} {
		said, err := bench.Run(t.Context(), []string{"HEKETI_KUBE_QPS=" + perSecond}, binaries.Server, "--config="+config)
		if err == nil || !strings.Contains(string(said)+err.Error(), want) {
			t.Errorf("with HEKETI_KUBE_QPS=%s, heketi ends with %v and says %q, want %q", perSecond, err, said, want)
		}
	}
}
