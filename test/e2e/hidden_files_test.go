package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	storagev1 "k8s.io/api/storage/v1"
)

// eachFile has a shell run a command for each of 300 files in 15 folders, as $file.
const eachFile = `for folder in $(seq 15); do for n in $(seq 20); do file=folder-$folder/file-$n; %s; done; done`

// testGrowingHidesNoFile grows a volume whose option to look nowhere else for a file is on, as it
// is by default. That is refused with the command that mends it. When somebody has run it, the
// volume grows by itself, and clients find each file by its name, while gluster moves files to the
// new bricks and afterwards. Without the command, they miss up to a third of the files.
func testGrowingHidesNoFile(t *testing.T) {
	makeClass(t, "hiding", parameters{"volumeoptions": "cluster.lookup-optimize on"}, func(class *storagev1.StorageClass) {
		allow := true
		class.AllowVolumeExpansion = &allow
	})
	makeNamespace(t, "hiding")
	makeClaim(t, claim{namespace: "hiding", name: "data", class: "hiding"})
	startPod(t, "hiding", "writer", "data")
	shell(t, "hiding/writer", "cd /1 && "+fmt.Sprintf(eachFile, "mkdir -p folder-$folder && echo $file > $file || exit 1"))
	v := volumeOf(t, "hiding", "data")

	raise(t, "hiding", 2)
	command := fmt.Sprintf("gluster volume set %s cluster.lookup-optimize off", v.name)
	eventually(t, func(ctx context.Context) error {
		told, err := try(ctx, "get", "events", "--namespace=hiding", "--field-selector=reason=VolumeResizeFailed", "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(told, command) {
			err = fmt.Errorf("the claim is not told to run %q: %s", command, told)
		}
		return err
	})
	host := env.hosts.All()[0]
	if _, err := host.Run(t.Context(), command); err != nil {
		t.Fatal(err)
	}
	waitGrown(t, "hiding", 2)

	looks := 0
	for begun := time.Now(); ; looks++ {
		done := checkRebalanced(t.Context(), v.name) == nil
		if missing := notFound(t, v.name); missing != "" {
			t.Errorf("%v after the volume has grown, a new client does not find %s", time.Since(begun), missing)
		}
		if done {
			break
		}
		if time.Since(begun) > patience {
			t.Fatalf("the volume is not rebalanced after %v", patience)
		}
	}
	t.Logf("looked for 300 files %d times before they were all moved, and once afterwards", looks)
	shell(t, "hiding/writer", "cd /1 && "+fmt.Sprintf(eachFile, `test "$(cat $file)" = $file || exit 1`))
}

// notFound returns which of the files a client does not find that has just been started.
func notFound(t *testing.T, volume string) string {
	t.Helper()
	missing, err := env.hosts.All()[0].Run(t.Context(), fmt.Sprintf(
		`set -e; at=$(mktemp -d); mount -t glusterfs localhost:/%s $at; (cd $at; %s); umount $at; rmdir $at`,
		volume, fmt.Sprintf(eachFile, "test -e $file || echo $file")))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(missing), " ")
}

// checkRebalanced tells unless gluster has moved files to a volume's new bricks.
func checkRebalanced(ctx context.Context, volume string) error {
	status, err := env.hosts.All()[0].Run(ctx, "gluster volume rebalance "+volume+" status")
	if err == nil && (strings.Contains(status, "in progress") || !strings.Contains(status, "completed")) {
		err = fmt.Errorf("the volume %s is not rebalanced: %s", volume, status)
	}
	return err
}
