package e2e

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	storagev1 "k8s.io/api/storage/v1"

	provisioned "glusterfs-provisioner/provisioner/volume"
)

// eachFile has a shell run a command for each of 300 files in 15 folders, as $file.
const eachFile = `for folder in $(seq 15); do for n in $(seq 20); do file=folder-$folder/file-$n; %s; done; done`

// testGrowingHidesNoFile grows a volume whose option to look nowhere else for a file is on, as it
// is by default. That is refused with the command that mends it. When somebody has run it, the
// volume grows by itself, and clients find each file by its name, while gluster moves files to the
// new bricks and afterwards. Without the command, they miss up to a third of the files.
func testGrowingHidesNoFile(t *testing.T) {
	v := makeFiles(t, "hiding", "on")

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

	raise(t, "hiding", 3) // gluster adds no bricks while it moves files.
	looks := lookWhileFilesMove(t, v.name)
	t.Logf("looked for 300 files %d times before they were all moved, and once afterwards", len(looks)-1)
	for _, missing := range looks {
		if len(missing) > 0 {
			t.Errorf("a new client does not find %s", missing)
		}
	}
	waitGrown(t, "hiding", 3)
	shell(t, "hiding/writer", "cd /1 && "+fmt.Sprintf(eachFile, `test "$(cat $file)" = $file || exit 1`))
}

// TestLookupOptimize measures how many files are not found in volumes that grow, with the option
// on, as gluster has it by default, and off.
func TestLookupOptimize(t *testing.T) {
	for _, option := range []string{"on", "off"} {
		t.Run(option, func(t *testing.T) {
			v := makeFiles(t, "lookup-"+option, option)
			if _, err := env.heketi.Client().VolumeExpand(provisioned.IDOf(v.pv), &api.VolumeExpandRequest{Size: 1}); err != nil {
				t.Fatal(err)
			}
			looks := lookWhileFilesMove(t, v.name)
			most := slices.MaxFunc(looks, func(a, b []string) int { return cmp.Compare(len(a), len(b)) })
			last := looks[len(looks)-1]
			t.Logf("of 300 files, at most %d were not found at a time, and %d were not after all had been moved", len(most), len(last))
			if option == "off" && len(most) > 0 {
				t.Errorf("not found: %s", most)
			}
		})
	}
}

// makeFiles has a pod "writer" write the files to a volume of its own, in a namespace and by a class
// of that name.
func makeFiles(t *testing.T, name, lookupOptimize string) volume {
	t.Helper()
	makeClass(t, name, parameters{"volumeoptions": "cluster.lookup-optimize " + lookupOptimize}, func(class *storagev1.StorageClass) {
		allow := true
		class.AllowVolumeExpansion = &allow
	})
	makeNamespace(t, name)
	makeClaim(t, claim{namespace: name, name: "data", class: name})
	startPod(t, name, "writer", "data")
	shell(t, name+"/writer", "cd /1 && "+fmt.Sprintf(eachFile, "mkdir -p folder-$folder && echo $file > $file || exit 1"))
	return volumeOf(t, name, "data")
}

// lookWhileFilesMove returns the files that new clients do not find, one after the other, until
// gluster has moved all that it moves. The last client comes after that.
func lookWhileFilesMove(t *testing.T, volume string) (looks [][]string) {
	t.Helper()
	for begun := time.Now(); ; {
		done := checkRebalanced(t.Context(), volume) == nil
		looks = append(looks, notFound(t, volume))
		if done {
			return looks
		}
		if time.Since(begun) > patience {
			t.Fatalf("the volume %s is not rebalanced after %v", volume, patience)
		}
	}
}

// notFound returns which of the files a client does not find that has just been started.
func notFound(t *testing.T, volume string) []string {
	t.Helper()
	missing, err := env.hosts.All()[0].Run(t.Context(), fmt.Sprintf(
		`set -e; at=$(mktemp -d); mount -t glusterfs localhost:/%s $at; (cd $at; %s); umount $at; rmdir $at`,
		volume, fmt.Sprintf(eachFile, "test -e $file || echo $file")))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(missing)
}

// checkRebalanced tells unless gluster has moved files to a volume's new bricks.
func checkRebalanced(ctx context.Context, volume string) error {
	status, err := env.hosts.All()[0].Run(ctx, "gluster volume rebalance "+volume+" status")
	if err == nil && (strings.Contains(status, "in progress") || !strings.Contains(status, "completed")) {
		err = fmt.Errorf("the volume %s is not rebalanced: %s", volume, status)
	}
	return err
}
