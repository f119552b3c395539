package glusterxml

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// printed is what GlusterFS 10.3 printed.
func printed(t testing.TB, name string) []byte {
	t.Helper()
	if filepath.Ext(name) == "" {
		name += ".xml"
	}
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const brickOf = "/var/lib/heketi/mounts/vg_"

// TestReadPool reads pools, one with a host that is away.
func TestReadPool(t *testing.T) {
	for name, want := range map[string]string{
		"pool":                "[10.77.0.1  10.77.0.3 ]",
		"pool-without-a-host": "[10.77.0.1 is disconnected 10.77.0.3 ]",
	} {
		pool, err := ReadPool(printed(t, name))
		var got []string
		for _, peer := range pool.Peers {
			got = append(got, peer.Hostname+" "+peer.Problem())
		}
		if err != nil || fmt.Sprint(got) != want || pool.ID != "e8e42b77-808e-4cb0-a04e-710c62f5d744" {
			t.Errorf("of %s is read %v of %q, want %s; %v", name, got, pool.ID, want, err)
		}
	}
	if got := (Peer{Connected: 1, State: "Peer Rejected"}).Problem(); got != "is in state Peer Rejected" {
		t.Errorf("of a peer that disagrees is said %q", got)
	}
}

// TestReadVolumes reads a volume with three replicas.
func TestReadVolumes(t *testing.T) {
	volumes, err := ReadVolumes(printed(t, "volumes"))
	if err != nil || len(volumes) != 1 {
		t.Fatalf("%d volumes, %v", len(volumes), err)
	}
	volume := volumes[0]
	if !volume.Started || !volume.Heals() || len(volume.Sets()) != 1 || volume.Options["cluster.lookup-optimize"] != "off" {
		t.Errorf("it is %+v", volume)
	}
	if brick := volume.Sets()[0][2]; brick.Host != "e8e42b77-808e-4cb0-a04e-710c62f5d744" || !strings.HasPrefix(brick.Name, "10.77.0.2:"+brickOf) {
		t.Errorf("its third brick is %+v", brick)
	}
}

// TestReadServed reads bricks: all with their clients, one that does not run yet, and one that is not told of.
func TestReadServed(t *testing.T) {
	for name, want := range map[string]string{
		"clients":                      "[10.77.0.1 true 4 10.77.0.3 true 4 10.77.0.2 true 4]",
		"clients-while-a-brick-starts": "[10.77.0.1 false 0 10.77.0.3 true 3 10.77.0.2 true 3]",
		"clients-without-a-host":       "[10.77.0.3 true 3 10.77.0.2 true 3]",
	} {
		bricks, err := ReadServed(printed(t, name))
		var got []string
		for _, brick := range bricks {
			host, _, _ := strings.Cut(brick.Name, ":")
			got = append(got, fmt.Sprint(host, " ", brick.Online, " ", brick.Clients))
		}
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("of %s is read %v, want %s; %v", name, got, want, err)
		}
	}
}

// TestReadClients reads the clients of a volume without any, of one that all hosts serve, and of one with a brick that is offline; also as GlusterFS 11.1
// tells them.
func TestReadClients(t *testing.T) {
	for name, want := range map[string]string{
		"clients-of-all.txt": `["u1 10.77.0.2:/data/u1" "v9 10.77.0.1:/data/v9 100000 110000 110000" "v9 10.77.0.2:/data/v9 100000 110000 110000" ` +
			`"v9 10.77.0.3:/data/v9 100000" "v81 10.77.0.2:/data/v81 100000 110000 110000" "v81 10.77.0.3:/data/v81 110000 100000"]`,
		"clients-of-all-11.txt": `["v9 10.77.0.1:/data/v9 110000 110000 110000" "v9 10.77.0.2:/data/v9 110000 110000 110000" "v9 10.77.0.3:/data/v9 110000"]`,
	} {
		all, err := ReadClients(printed(t, name))
		var got []string
		for _, brick := range all {
			of := fmt.Sprint(brick.Volume, " ", brick.Brick)
			for _, client := range brick.Clients {
				of += fmt.Sprint(" ", client.OpVersion)
			}
			got = append(got, of)
		}
		if fmt.Sprintf("%q", got) != want || err != nil {
			t.Errorf("of %s is read %q, want %s; %v", name, got, want, err)
		}
	}
	for _, wrong := range []string{
		"Clients connected : 1\n",
		"Client connections for volume v\nBrick : h:/b\nClients connected : 1\n",
		"Client connections for volume v\nBrick : h:/b\nClients connected : 2\nh:1 2 3 4\n---\nBrick : h:/c\n",
		"Client connections for volume v\nBrick : h:/b\nClients connected : 1\nh:1 2 3 x\n",
	} {
		if all, err := ReadClients([]byte(wrong)); err == nil {
			t.Errorf("%q is read as %+v", wrong, all)
		}
	}
}

// TestHealingOff knows the volumes that nothing heals.
func TestHealingOff(t *testing.T) {
	for _, test := range []struct {
		size, redundancy int
		option, value    string
		want             string
	}{
		{3, 0, "cluster.self-heal-daemon", "off", "cluster.self-heal-daemon"},
		{3, 0, "cluster.self-heal-daemon", "Disable", "cluster.self-heal-daemon"},
		{3, 0, "cluster.self-heal-daemon", "enable", ""},
		{3, 0, "", "", ""},
		{1, 0, "cluster.self-heal-daemon", "off", ""},
		{3, 1, "cluster.self-heal-daemon", "off", ""},
		{3, 1, "cluster.disperse-self-heal-daemon", "disable", "cluster.disperse-self-heal-daemon"},
	} {
		v := Volume{SetSize: test.size, Redundancy: test.redundancy, Options: map[string]string{test.option: test.value}}
		if got := v.HealingOff(); got != test.want {
			t.Errorf("of %+v is said %q", test, got)
		}
	}
}

// TestPath cuts a brick's host off, also if it is an IPv6 address.
func TestPath(t *testing.T) {
	for name, want := range map[string]string{"h:/a/b": "/a/b", "fd00::1:/a/b": "/a/b", "h:/a:/b": "/a:/b"} {
		if got := (Brick{Name: name}).Path(); got != want {
			t.Errorf("of %s the path is %s", name, got)
		}
	}
}

// TestReadHealing reads what bricks have to heal: nothing, what one missed that is back, and what it misses.
func TestReadHealing(t *testing.T) {
	for name, want := range map[string]string{
		"heal-nothing":        "[true 0 0 true 0 0 true 0 0]",
		"heal-begins":         "[true 0 0 true 6 0 true 6 0]",
		"heal-without-a-host": "[false 0 0 true 6 0 true 6 0]",
	} {
		all, err := ReadHealing(printed(t, name))
		var got []string
		for _, healing := range all {
			got = append(got, fmt.Sprint(healing.Connected, healing.Pending, healing.SplitBrain))
		}
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("of %s is read %v, want %s; %v", name, got, want, err)
		}
	}
	const split = "<cliOutput><opRet>0</opRet><healInfo><bricks><brick><status>Connected</status><totalNumberOfEntries>5</totalNumberOfEntries>" +
		"<numberOfEntriesInSplitBrain>2</numberOfEntriesInSplitBrain></brick></bricks></healInfo></cliOutput>"
	if all, err := ReadHealing([]byte(split)); err != nil || all[0].Pending != 3 || all[0].SplitBrain != 2 {
		t.Errorf("of a split-brain is read %+v, %v", all, err)
	}
}

// TestReadOption reads a number.
func TestReadOption(t *testing.T) {
	if value, err := ReadOption(printed(t, "op-version"), "cluster.max-op-version"); err != nil || value != "100000" {
		t.Errorf("is read as %q, %v", value, err)
	}
	if _, err := ReadOption(printed(t, "op-version"), "cluster.op-version"); err == nil {
		t.Error("an option that is not told is read")
	}
}

// TestFailures tells what gluster says of a command that fails, and what it prints that is none of an answer.
func TestFailures(t *testing.T) {
	for text, want := range map[string]string{
		string(printed(t, "no-volume")):                        "gluster says: Volume none does not exist",
		"Connection failed. Please check if gluster daemon is": `gluster printed no XML but "Connection failed.`,
		"<cliOutput></cliOutput>":                              "does not say how the command ended",
		"":                                                     "gluster printed no XML",
		"<cliOutput><opRet>0</opRet><volInfo><volumes><volume><name>v</name></volume></volumes></volInfo></cliOutput>": "0 bricks",
	} {
		if _, err := ReadVolumes([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of %q is said %v, want %q", text, err, want)
		}
	}
}

// FuzzRead holds that what is read can be used, whatever was printed.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	f.Add(printed(f, "clients-of-all.txt"))
	for _, file := range files {
		name, _ := strings.CutSuffix(filepath.Base(file), ".xml")
		f.Add(printed(f, name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		volumes, _ := ReadVolumes(text)
		for _, volume := range volumes {
			sets := volume.Sets()
			if len(sets) == 0 || len(sets)*volume.SetSize != len(volume.Bricks) {
				t.Errorf("%d bricks are %d sets of %d", len(volume.Bricks), len(sets), volume.SetSize)
			}
		}
		all, err := ReadHealing(text)
		for _, healing := range all {
			if err == nil && (healing.Pending < 0 || healing.SplitBrain < 0) {
				t.Errorf("it has %d entries to heal and %d in split-brain", healing.Pending, healing.SplitBrain)
			}
		}
		_, _ = ReadPool(text)
		_, _ = ReadClients(text)
		_, _ = ReadServed(text)
		_, _ = ReadOption(text, "cluster.op-version")
		_, _ = ReadDone(text)
	})
}
