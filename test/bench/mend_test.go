package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/cmd/glusterfs-provisioner/app"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/test/bench"
)

// TestHeketiTakesAMendedDatabase kills heketi in two expansions. Gluster has the bricks of
// one. That is finished in the database, which heketi is started with then.
func TestHeketiTakesAMendedDatabase(t *testing.T) {
	t.Parallel()
	broken := t.TempDir() + "/broken"
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true, Faults: []bench.Fault{
		{Command: "add-brick vol_left", While: broken, Pause: time.Minute},
		{Command: "add-brick vol_mended", While: broken, Crash: true},
	}})
	mended, left := mustCreate(t, heketi, "vol_mended"), mustCreate(t, heketi, "vol_left")
	killInExpansions(t, heketi, left, mended)

	exported := must(t)(heketi.ExportDatabase(t.Context()))
	printed := withVolumes(t, must(t)(heketi.ExamineGluster(t.Context())), "vol_left")
	after := runMend(t, exported, printed)
	if err := heketi.ImportDatabase(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	checkSameButGeneration(t, must(t)(heketi.ExportDatabase(t.Context())), after)

	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkSizes(t, heketi, mended, 2, 6)
	cleanUp(t, heketi)
	checkSizes(t, heketi, left, 1, 3)
	if said, err := heketi.Client().DbCheck(); err != nil || !strings.Contains(said, `"totalinconsistencies": 0`) {
		t.Errorf("heketi says of its database: %s, error %v", said, err)
	}
	for _, volume := range []string{mended, left} {
		if _, err := heketi.Client().VolumeExpand(volume, &api.VolumeExpandRequest{Size: 3}); err != nil {
			t.Error(err)
		}
	}
	checkSizes(t, heketi, mended, 5, 9)
	checkSizes(t, heketi, left, 4, 6)
	for _, volume := range []string{mended, left} {
		if err := heketi.Client().VolumeDelete(volume); err != nil {
			t.Error(err)
		}
	}
	if dump, err := heketi.Dump(); err != nil || strings.Contains(dump, "vol_") || strings.Contains(dump, "brick_") {
		t.Errorf("heketi still has %s, error %v", dump, err)
	}
}

// TestImportForgetsWhichHostsThereAre shows what docs/mending.md warns of.
func TestImportForgetsWhichHostsThereAre(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	cluster := heketi.Clusters()[0]
	if _, err := heketi.AddNode(cluster, "192.168.10.1"); err == nil || !strings.Contains(err.Error(), "already used by node") {
		t.Errorf("a host that is there already is added with error %v", err)
	}
	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := heketi.ImportDatabase(t.Context(), must(t)(heketi.ExportDatabase(t.Context()))); err != nil {
		t.Fatal(err)
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := heketi.AddNode(cluster, "192.168.10.1"); err != nil {
		t.Errorf("after an import, it is refused as well: %v", err)
	}
}

func must(t *testing.T) func([]byte, error) []byte {
	return func(text []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

func mustCreate(t *testing.T, heketi *bench.Heketi, name string) (id string) {
	t.Helper()
	volume, err := heketi.Client().VolumeCreate(newVolume(name))
	if err != nil {
		t.Fatal(err)
	}
	return volume.Id
}

// killInExpansions expands two volumes by 1 GiB. heketi is still in the first expansion when
// it dies in the second.
func killInExpansions(t *testing.T, heketi *bench.Heketi, first, second string) {
	t.Helper()
	expand := func(volume string) {
		go func() { _, _ = heketi.Client().VolumeExpand(volume, &api.VolumeExpandRequest{Size: 1}) }()
	}
	expand(first)
	bench.Eventually(t, bound, func(context.Context) error {
		operations, err := heketi.Client().OperationsInfo()
		if err == nil && operations.New != 1 {
			err = fmt.Errorf("%d operations are in the database", operations.New)
		}
		return err
	})
	expand(second)
	select {
	case <-heketi.Ended():
	case <-time.After(bound):
		t.Fatal("heketi has not died in an expansion")
	}
}

// withVolumes adds to what heketi printed what storage hosts would tell of gluster's volumes:
// all bricks of heketi's database, but for the pending ones of one volume.
func withVolumes(t *testing.T, printed []byte, incomplete string) []byte {
	t.Helper()
	state, err := gluster.ParsePrinted(printed)
	if err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	bricks, mounts := map[string][]object{}, map[string][]object{}
	for _, brick := range state.Database.Bricks {
		name := state.Database.Volumes[brick.Info.Volume].Info.Name
		if name == incomplete && brick.Pending.ID != "" {
			continue
		}
		bricks[name] = append(bricks[name], object{"Name": brick.Info.Node + ":" + brick.Info.Path})
		mounts[brick.Info.Node] = append(mounts[brick.Info.Node], object{
			"Device": "/dev/mapper/" + brick.Group() + "-" + brick.Logical(), "MountPoint": path.Dir(brick.Info.Path), "Mounted": true,
		})
	}
	var volumes []object
	for name, has := range bricks {
		volumes = append(volumes, object{"VolumeName": name, "Bricks": object{"BrickList": has}})
	}

	const starts, ends = "EXAMINER_OUTPUT_STARTS\n", "EXAMINER_OUTPUT_ENDS\n"
	before, rest, _ := strings.Cut(string(printed), starts)
	text, after, _ := strings.Cut(rest, ends)
	var answer object
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	for _, host := range answer["clusters"].([]any)[0].(object)["NodesData"].([]any) {
		host := host.(object)
		host["VolumeInfo"] = object{"Volumes": object{"VolumeList": volumes}}
		host["BricksMountStatus"] = object{"Statuses": mounts[host["NodeHeketiID"].(string)]}
	}
	changed, err := json.MarshalIndent(answer, "", "    ")
	if err != nil {
		t.Fatal(err)
	}
	return []byte(before + starts + string(changed) + "\n" + ends + after)
}

// runMend runs the command and returns what it wrote.
func runMend(t *testing.T, exported, printed []byte) []byte {
	t.Helper()
	folder := t.TempDir()
	for file, text := range map[string][]byte{"/before.json": exported, "/gluster.txt": printed} {
		if err := os.WriteFile(folder+file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	arguments := []string{"mend", "--database=" + folder + "/before.json", "--gluster=" + folder + "/gluster.txt", "--output=" + folder + "/after.json"}
	if status := app.Main(arguments, &stdout, &stderr); status != 0 {
		t.Fatalf("mend ended with %d and said %s", status, &stderr)
	}
	for _, want := range []string{"vol_mended", "grows by 1 GiB, to 2 GiB", "left for heketi", "nothing of it is in gluster"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("mend said %q, want %q", &stdout, want)
		}
	}
	return must(t)(os.ReadFile(folder + "/after.json"))
}

// checkSameButGeneration compares two exports but for the id that heketi gives to each
// imported database.
func checkSameButGeneration(t *testing.T, got, want []byte) {
	t.Helper()
	generation := regexp.MustCompile(`("Key": "DB_GENERATION_ID",\s+"Value": )"[0-9a-f]+"`)
	got, want = generation.ReplaceAll(got, []byte("$1")), generation.ReplaceAll(want, []byte("$1"))
	if !bytes.Equal(got, want) {
		t.Errorf("heketi made of the mended database\n%s\nwant\n%s", got, want)
	}
}

func checkSizes(t *testing.T, heketi *bench.Heketi, id string, size, bricks int) {
	t.Helper()
	volume, err := heketi.Client().VolumeInfo(id)
	if err != nil {
		t.Fatal(err)
	}
	if volume.Size != size || len(volume.Bricks) != bricks {
		t.Errorf("volume %s has %d GiB and %d bricks, want %d and %d", volume.Name, volume.Size, len(volume.Bricks), size, bricks)
	}
}

// cleanUp has heketi undo the one operation that it was interrupted in.
func cleanUp(t *testing.T, heketi *bench.Heketi) {
	t.Helper()
	list, err := heketi.Client().PendingOperationList()
	if err != nil {
		t.Fatal(err)
	}
	if len(list.PendingOperations) != 1 {
		t.Fatalf("the pending operations are %+v, want the one that was left", list.PendingOperations)
	}
	if err := heketi.Client().PendingOperationCleanUp(&api.PendingOperationsCleanRequest{Operations: []string{list.PendingOperations[0].Id}}); err != nil {
		t.Fatal(err)
	}
	if info, err := heketi.Client().OperationsInfo(); err != nil || info.Total != 0 {
		t.Errorf("after the clean-up, the operations are %+v, error %v", info, err)
	}
}
