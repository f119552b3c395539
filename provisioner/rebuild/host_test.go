package rebuild_test

import (
	"fmt"
	"strings"
	"testing"

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
		"no device":        {strings.ReplaceAll(good, `"pv_name":"/dev/sdb"`, `"pv_name":""`), "the device of vg_"},
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

// FuzzRebuild makes a database of whatever a host tells, beside two that tell what they should. It may refuse; if
// it does not, the database is consistent.
func FuzzRebuild(f *testing.F) {
	s := newScene()
	f.Add([]byte(s.document(2)))
	s.volumes = s.volumes[:1]
	f.Add([]byte(s.document(2)))
	f.Fuzz(func(t *testing.T, document []byte) {
		host, err := rebuild.ParseHost("node2", document)
		if err != nil {
			return
		}
		s := newScene()
		hosts := []*rebuild.Host{host}
		for _, other := range []int{1, 3} {
			parsed, err := rebuild.ParseHost(fmt.Sprint("node", other), []byte(s.document(other)))
			if err != nil {
				t.Fatal(err)
			}
			hosts = append(hosts, parsed)
		}
		result, err := rebuild.Rebuild(rebuild.Sources{Hosts: hosts, PersistentVolumes: s.pvs})
		if err != nil {
			return
		}
		if database := treeOf(t, result.Database); database["clusterentries"].(tree)[cluster] != nil && len(database["clusterentries"].(tree)) == 1 {
			checkConsistent(t, database)
		}
	})
}
