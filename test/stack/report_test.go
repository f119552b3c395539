package stack

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// testReport has a person ask whether all works, and pack a report, in which heketi and each host tell of themselves.
func testReport(t *testing.T) {
	var checked string
	// A pod may still be starting that was installed a moment ago.
	eventually(t, func(ctx context.Context) (err error) {
		checked, err = env.person.Types(ctx, "kubectl glusterfs check")
		return err
	})
	for _, want := range []string{"3 of 3 are ready", "heketi  ", "3/3 nodes and 6/6 disks are ready"} {
		if !strings.Contains(checked, want) {
			t.Errorf("check does not say %q:\n%s", want, checked)
		}
	}
	types(t, "kubectl glusterfs bundle -f report.tar.gz")
	want := map[string]string{
		"missing.txt": "", "gluster/glusterclusters.yaml": "AllReady", "gluster/nodes.yaml": "node-1", "gluster/pods.yaml": "preflight",
		"events.yaml": "GlusterClusterReady", "gluster/heal.txt": "Number of entries", "gluster/status.txt": "pvc-",
	}
	for _, m := range env.machines {
		folder := "gluster/" + m.name + "/"
		want[folder+"pool.txt"], want[folder+"volumes.txt"], want[folder+"bricks.txt"] = "Connected", "pvc-", "/var/lib/heketi/mounts/"
		want[folder+"disks.txt"], want[folder+"glusterd.log.txt"] = "/dev/sdb", "glusterd"
	}
	for file, text := range want {
		read, err := env.person.Runs(t.Context(), "tar -xzOf report.tar.gz --wildcards '*/"+file+"'")
		if err != nil || !strings.Contains(read, text) || text == "" && read != "" {
			t.Errorf("%s does not have %q: %v:\n%s", file, text, err, read)
		}
	}
	for _, key := range []string{"admin", "user"} {
		encoded := kubectl(t, "-n", "glusterfs", "get", "secret", "heketi-keys", "-o", "jsonpath={.data."+key+"}")
		found, err := env.person.Runs(t.Context(), fmt.Sprintf("tar -xzOf report.tar.gz | grep -c -e %s -e \"$(echo %[1]s | base64 -d)\" || true", encoded))
		if err != nil || found != "0" {
			t.Errorf("the report has the key of %s: %q, %v", key, found, err)
		}
	}
}
