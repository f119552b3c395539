package store

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	here  = "0815e38d-36f5-4f8c-a830-f45837aa7335"
	there = "2f0e3c52-8a3f-4b0e-9d0a-0d6c4d3f0c11"
)

var identity = Identity{UUID: here, OperatingVersion: "100000"}

// working is a working folder of glusterd 10.3, shortened.
func working() fstest.MapFS {
	file := func(lines ...string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
	}
	return fstest.MapFS{
		"glusterd.info":  &fstest.MapFile{Data: identity.Encode()},
		"peers/" + there: file("uuid="+there, "state=3", "hostname1=10.9.9.2"),
		"vols/v1/info": file("type=2", "count=2", "status=1", "replica_count=2", "version=2", "brick-1=10.9.9.2:-b2", "brick-0=10.9.9.1:-b1",
			"brick-fsid=7"),
		"vols/v1/bricks/10.9.9.1:-b1": file("uuid="+here, "hostname=10.9.9.1", "path=/b1", "real_path=/b1", "listen-port=56458"),
		"vols/v1/bricks/10.9.9.2:-b2": file("uuid="+there, "hostname=10.9.9.2", "path=/b2/", "listen-port=49153"),
		"vols/v1/bricks/10.9.9.1:-b0": file("uuid="+here, "hostname=10.9.9.1", "path=/b0"),
		"vols/v2/info":                file("status=0", "count=1", "brick-0=fd77::1:-b3"),
		"vols/v2/bricks/fd77::1:-b3":  file("uuid="+here, "hostname=fd77::1", "path=/b3"),
		"hooks/1/start/post/S1.sh":    file("exit 0"),
	}
}

func TestRead(t *testing.T) {
	whole := Store{Identity: identity, Peers: []string{there}, Volumes: []Volume{
		{Name: "v1", Started: true, Bricks: []Brick{{here, "10.9.9.1", "/b1"}, {there, "10.9.9.2", "/b2"}}},
		{Name: "v2", Bricks: []Brick{{here, "fd77::1", "/b3"}}},
	}}
	for name, test := range map[string]struct {
		change func(fstest.MapFS)
		want   Store
		err    string
	}{
		"whole":           {func(fstest.MapFS) {}, whole, ""},
		"no volumes":      {func(f fstest.MapFS) { removeBelow(f, "vols/") }, Store{Identity: identity, Peers: []string{there}}, ""},
		"never ran":       {func(f fstest.MapFS) { removeBelow(f, "") }, Store{}, ""},
		"being made":      {func(f fstest.MapFS) { delete(f, "vols/v1/info") }, Store{Identity: identity, Peers: whole.Peers, Volumes: whole.Volumes[1:]}, ""},
		"being deleted":   {func(f fstest.MapFS) { delete(f, "vols/v1/bricks/10.9.9.1:-b1") }, Store{Identity: identity, Peers: whole.Peers, Volumes: whole.Volumes[1:]}, ""},
		"brick with less": {func(f fstest.MapFS) { f["vols/v2/bricks/fd77::1:-b3"].Data = []byte("uuid=x\n") }, Store{Identity: identity, Peers: whole.Peers, Volumes: whole.Volumes[:1]}, "vols/v2/bricks/fd77::1:-b3: it is empty or cut: it has no path or no hostname"},
		"empty info":      {func(f fstest.MapFS) { f["vols/v2/info"].Data = nil }, Store{Identity: identity, Peers: whole.Peers, Volumes: whole.Volumes[:1]}, "vols/v2/info: it is empty or cut: it names 0 bricks of no number"},
		"cut info":        {func(f fstest.MapFS) { cut(f["vols/v1/info"], "brick-0") }, Store{Identity: identity, Peers: whole.Peers, Volumes: whole.Volumes[1:]}, "vols/v1/info: it is empty or cut: it names 1 bricks of 2"},
		"empty peer":      {func(f fstest.MapFS) { f["peers/"+there].Data = nil }, whole, "peers/" + there + ": it is empty or cut: it has no uuid"},
		"no id":           {func(f fstest.MapFS) { f["glusterd.info"].Data = nil }, Store{Peers: whole.Peers, Volumes: whole.Volumes}, "glusterd.info: it is empty or cut: it has no UUID"},
		"older":           {func(f fstest.MapFS) { withoutIDs(f) }, whole, ""},
		"bad name":        {func(f fstest.MapFS) { f["vols/v2/info"].Data = []byte("count=1\nbrick-0=../../../etc/x\n") }, Store{Identity: identity, Peers: whole.Peers, Volumes: whole.Volumes[:1]}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := working()
			test.change(folder)
			got, err := Read(folder)
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("got %+v, want %+v", *got, test.want)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("the error is %v, want %q", err, test.err)
			}
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("%v is no damage", err)
			}
		})
	}
}

// cut has a file end before a text.
func cut(file *fstest.MapFile, text string) {
	before, _, _ := strings.Cut(string(file.Data), text)
	file.Data = []byte(before)
}

func TestHasDamagedVolfiles(t *testing.T) {
	const volfile = "volume v-client-0\n    type protocol/client\nend-volume\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"none":  {nil, false},
		"whole": {map[string]string{"vols/v/v.tcp-fuse.vol": volfile, "vols/v/info": ""}, false},
		"empty": {map[string]string{"vols/u/u.tcp-fuse.vol": volfile, "vols/v/v.h.b.vol": ""}, true},
		"cut":   {map[string]string{"vols/v/v.h.b.vol": volfile[:30]}, true},
	} {
		folder := fstest.MapFS{}
		for file, text := range test.files {
			folder[file] = &fstest.MapFile{Data: []byte(text)}
		}
		if got, err := HasDamagedVolfiles(folder); got != test.want || err != nil {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, test.want)
		}
	}
}

// withoutIDs has no brick say whose it is.
func withoutIDs(folder fstest.MapFS) {
	for name, file := range folder {
		if strings.Contains(name, "/bricks/") {
			_, rest, _ := strings.Cut(string(file.Data), "\n")
			file.Data = []byte(rest)
		}
	}
}

func removeBelow(folder fstest.MapFS, prefix string) {
	for name := range folder {
		if strings.HasPrefix(name, prefix) {
			delete(folder, name)
		}
	}
}

// TestBrickOrder has more bricks than one digit counts.
func TestBrickOrder(t *testing.T) {
	got := brickKeys(map[string]string{"brick-10": "", "brick-2": "", "brick-": "", "brick-0": "", "brick-fsid": "", "count": ""})
	if want := []string{"brick-0", "brick-2", "brick-10"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("UUID="+here+"\n", "status=1\ncount=1\nbrick-0=h:-b\n", "uuid="+here+"\nhostname=h\npath=/b\n")
	f.Add("", "brick-0=\nbrick-00=.\n", "=\npath=\n")
	f.Fuzz(func(t *testing.T, node, info, brick string) {
		s, _ := Read(fstest.MapFS{
			"glusterd.info": {Data: []byte(node)}, "vols/v/info": {Data: []byte(info)}, "vols/v/bricks/h:-b": {Data: []byte(brick)},
		})
		for _, volume := range s.Volumes {
			for _, brick := range volume.Bricks {
				if brick.Path == "" || brick.Host == "" {
					t.Errorf("a brick has neither path nor host: %+v", brick)
				}
			}
		}
	})
}
