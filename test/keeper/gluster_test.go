package keeper

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/test/bench"
)

// databaseIn reads the database in a keeper's folder. heketi does not run.
func databaseIn(t *testing.T, folder string) gluster.Database {
	t.Helper()
	return read(t, must[[]byte](t)(os.ReadFile(filepath.Join(folder, "heketi.db"))))
}

// read reads a database.
func read(t *testing.T, data []byte) gluster.Database {
	t.Helper()
	copied, file := filepath.Join(t.TempDir(), "heketi.db"), filepath.Join(t.TempDir(), "database.json")
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		t.Fatal(err)
	}
	must[[]byte](t)(bench.Run(t.Context(), nil, env.heketi.Server, "db", "export", "--dbfile="+copied, "--jsonfile="+file))
	var database gluster.Database
	if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(file)), &database); err != nil {
		t.Fatal(err)
	}
	return database
}

// The elements of gluster's answer that heketi reads.
type (
	toldBrick struct {
		Name string `xml:"name"`
	}
	toldVolume struct {
		Name     string      `xml:"name"`
		Status   string      `xml:"statusStr"`
		Replicas int         `xml:"replicaCount"`
		Bricks   []toldBrick `xml:"bricks>brick"`
	}
	toldVolumes struct {
		XMLName xml.Name     `xml:"cliOutput"`
		Volumes []toldVolume `xml:"volInfo>volumes>volume"`
	}
)

// hostsTell are the answers of all storage hosts: of heketi's bricks, gluster has those in its volumes that has
// chooses. All bricks are mounted.
func hostsTell(t *testing.T, database gluster.Database, has func(gluster.VolumeEntry, gluster.BrickEntry) bool) []bench.Fault {
	t.Helper()
	var told toldVolumes
	for _, volume := range database.Volumes {
		one := toldVolume{Name: volume.Info.Name, Status: "Started", Replicas: 3}
		for _, id := range volume.Bricks {
			if brick := database.Bricks[id]; has(volume, brick) {
				one.Bricks = append(one.Bricks, toldBrick{"192.168.10.1:" + brick.Info.Path})
			}
		}
		if len(one.Bricks) > 0 {
			told.Volumes = append(told.Volumes, one)
		}
	}
	var mounts, fstab strings.Builder
	for _, brick := range database.Bricks {
		device := "/dev/mapper/" + brick.Group() + "-" + brick.Logical()
		fmt.Fprintf(&mounts, "%s on %s type xfs (rw)\n", device, brick.MountPoint())
		fmt.Fprintf(&fstab, "%s %s xfs rw,inode64,noatime,nouuid 1 2\n", device, brick.MountPoint())
	}
	return []bench.Fault{
		{Command: "volume info --xml", Output: string(must[[]byte](t)(xml.Marshal(told)))},
		{Command: "^mount$", Output: mounts.String()},
		{Command: "^cat .*fstab$", Output: fstab.String()},
	}
}

// all and settled choose what gluster has: all bricks, or those that heketi was not interrupted in.
func all(gluster.VolumeEntry, gluster.BrickEntry) bool { return true }
func settled(volume gluster.VolumeEntry, brick gluster.BrickEntry) bool {
	return volume.Pending.ID == "" && brick.Pending.ID == ""
}

// partOf chooses all bricks but one of those that heketi was interrupted in.
func partOf(database gluster.Database) func(gluster.VolumeEntry, gluster.BrickEntry) bool {
	var without string
	for id, brick := range database.Bricks {
		if brick.Pending.ID != "" {
			without = id
		}
	}
	return func(_ gluster.VolumeEntry, brick gluster.BrickEntry) bool { return brick.Info.ID != without }
}

// fstabIsEmpty has the storage hosts have no bricks in their fstab. It goes before other answers.
var fstabIsEmpty = bench.Fault{Command: "^cat .*fstab$"}

// logicalVolumes are the storage hosts' answer to which logical volumes there are: those of all bricks.
func logicalVolumes(t *testing.T, database gluster.Database) bench.Fault {
	t.Helper()
	var volumes []map[string]string
	for _, brick := range database.Bricks {
		volumes = append(volumes, map[string]string{"vg_name": brick.Group(), "lv_name": brick.Logical()})
	}
	told := map[string]any{"report": []any{map[string]any{"lv": volumes}}}
	return bench.Fault{Command: "lvs --reportformat json", Output: string(must[[]byte](t)(json.Marshal(told)))}
}
