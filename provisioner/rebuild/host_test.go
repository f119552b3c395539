package rebuild_test

import (
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/rebuild"
)

// TestDocumentsThatCannotBe are refused, with what to do.
func TestDocumentsThatCannotBe(t *testing.T) {
	t.Parallel()
	good := newScene().document(1)
	failed := func(section string) string {
		return strings.ReplaceAll(good, "=== end "+section+" 0", "=== end "+section+" 5")
	}
	for name, test := range map[string]struct{ document, want string }{
		"nothing":          {"", "it is not what the script prints"},
		"something else":   {"<html>", "it is not what the script prints"},
		"cut off":          {good[:len(good)/2], "it is cut off; run the script again"},
		"two runs":         {good + good, `"format" is there twice`},
		"another format":   {strings.Replace(good, "begin format\n1", "begin format\n2", 1), `it has the format "2"`},
		"an odd end":       {strings.Replace(good, "=== end glusterd 0", "=== end other 0", 1), `the line "=== end other 0" ends nothing`},
		"no end":           {strings.Replace(good, "=== end glusterd 0\n", "", 1), `"peers" begins before "glusterd" has ended`},
		"gluster failed":   {failed("volumes"), "the command for volumes failed on the host, with exit status 5"},
		"LVM failed":       {failed("lvs"), "the command for lvs failed"},
		"gluster said no":  {strings.ReplaceAll(good, "<opRet>0</opRet><opErrno>0</opErrno><opErrstr/>", "<opRet>-1</opRet><opErrstr>no glusterd</opErrstr>"), `gluster said "no glusterd"`},
		"no XML":           {strings.ReplaceAll(good, "<cliOutput>", "<"), "volumes: XML syntax error"},
		"no JSON":          {strings.ReplaceAll(good, `{"report":`, `{`), "pvs: invalid character"},
		"no report":        {strings.ReplaceAll(good, `"report"`, `"other"`), "it has no report"},
		"no UUID":          {strings.ReplaceAll(good, "UUID=", "ID="), "glusterd.info has no UUID"},
		"another's UUID":   {strings.ReplaceAll(good, "UUID=1", "UUID=9"), "which its pool does not have"},
		"two devices":      {strings.ReplaceAll(good, `"pv_count":"1"`, `"pv_count":"2"`), "it has 2 devices, and heketi's groups have one each"},
		"no device":        {strings.ReplaceAll(good, `"pv_name":"/dev/sdb"`, `"pv_name":"[unknown]"`), "the device of vg_"},
		"sizes with units": {strings.ReplaceAll(good, `"vg_extent_size":"4194304"`, `"vg_extent_size":"4.00m"`), "vgs: vg_"},
		"no extents":       {strings.ReplaceAll(good, `"vg_extent_size":"4194304"`, `"vg_extent_size":"0"`), "its sizes cannot be"},
		"a huge volume":    {strings.ReplaceAll(good, fmt.Sprintf(`"lv_size":"%d"`, 1<<30), `"lv_size":"18446744073709551615"`), "are too many"},
		"bricks missing":   {strings.ReplaceAll(good, "<brickCount>3</brickCount>", "<brickCount>6</brickCount>"), "it has 3 bricks of 6"},
		"torn sets":        {strings.ReplaceAll(good, "<replicaCount>3</replicaCount>", "<replicaCount>2</replicaCount>"), "its 3 bricks are no sets of 2"},
		"odd redundancy":   {strings.ReplaceAll(good, "<redundancyCount>1</redundancyCount>", "<redundancyCount>3</redundancyCount>"), "with a redundancy of 3"},
		"an odd brick":     {strings.ReplaceAll(good, "<name>10.0.0.1:/", "<name>10.0.0.1/"), "is not HOST:PATH"},
		"an odd GID":       {strings.ReplaceAll(good, "2000 /var", "many /var"), "folders: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := rebuild.ParseHost("node1", []byte(test.document)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
	if _, err := rebuild.ParseHost("node1", []byte(strings.ReplaceAll(good, "\n", "\r\n"))); err != nil {
		t.Errorf("with the line ends of a terminal, the error is %v", err)
	}
}

// FuzzRebuild makes a database of whatever a host tells. It may refuse; if it does not, the database is consistent.
func FuzzRebuild(f *testing.F) {
	// A small one: Go is slow with large ones.
	const cli = "<o><opRet>0</opRet>"
	sections := []string{
		"format", "1", "glusterd", "UUID=" + id("1"), "snapshots", cli + "</o>",
		"peers", cli + "<peerStatus><peer><uuid>" + id("1") + "</uuid><hostname>localhost</hostname></peer></peerStatus></o>",
		"volumes", cli + "<volInfo><volumes><volume><name>v</name><id>u</id><brickCount>1</brickCount><bricks><brick><name>h:/var/lib/heketi/mounts/vg_" + id("d") +
			"/brick_" + id("b") + "/brick</name><hostUuid>" + id("1") + "</hostUuid></brick></bricks></volume></volumes></volInfo></o>",
		"pvs", `{"report":[{"pv":[{"pv_name":"/d","pv_uuid":"u","vg_name":"vg_` + id("d") + `"}]}]}`,
		"vgs", `{"report":[{"vg":[{"vg_name":"vg_` + id("d") + `","pv_count":"1","vg_extent_size":"4194304","vg_extent_count":"999","vg_free_count":"9"}]}]}`,
		"lvs", `{"report":[{"lv":[{"lv_name":"tp_` + id("a") + `","vg_name":"vg_` + id("d") + `","lv_size":"1073741824","lv_metadata_size":"8388608"},` +
			`{"lv_name":"brick_` + id("b") + `","vg_name":"vg_` + id("d") + `","lv_size":"1073741824","pool_lv":"tp_` + id("a") + `"}]}]}`,
		"all", "",
	}
	var document strings.Builder
	for i := 0; i < len(sections); i += 2 {
		fmt.Fprintf(&document, "=== begin %s\n%s\n=== end %s 0\n", sections[i], sections[i+1], sections[i])
	}
	if made := rebuilt(f, []byte(document.String())); made == nil || len(made.Contradictions) > 0 || !strings.Contains(made.String(), "1 volumes of 1 GiB") {
		f.Fatalf("it says\n%v", made)
	}
	f.Add([]byte(document.String()))
	f.Fuzz(func(t *testing.T, document []byte) {
		if made := rebuilt(t, document); made != nil {
			checkConsistent(t, treeOf(t, made.Database))
		}
	})
}

// rebuilt is what is made of one host; nil if it is refused.
func rebuilt(t testing.TB, document []byte) *rebuild.Result {
	t.Helper()
	host, err := rebuild.ParseHost("node", document)
	if err != nil {
		return nil
	}
	pv := persistentVolume("one", "v", id("e1"), 1, 2000)
	result, err := rebuild.Rebuild(rebuild.Sources{Hosts: []*rebuild.Host{host}, PersistentVolumes: []v1.PersistentVolume{pv}})
	if err != nil {
		return nil
	}
	return result
}
