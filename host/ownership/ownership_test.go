package ownership

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/host/store"
)

func TestJudge(t *testing.T) {
	empty, fresh := &store.Store{}, &store.Store{Identity: store.Identity{UUID: "id"}}
	used := &store.Store{Identity: store.Identity{UUID: "id"}, Peers: []string{"p"}, Volumes: []store.Volume{{Name: "a"}, {Name: "b"}}}
	here := &Mark{Node: "n", Cluster: []string{"k1", "k2"}}
	for name, test := range map[string]struct {
		found   Found
		cluster []string
		want    string
	}{
		"nothing":                        {Found{Store: empty}, []string{"k1"}, ""},
		"the package has started it":     {Found{Store: fresh}, []string{"k1"}, ""},
		"ours":                           {Found{Mark: here, Store: used, Listed: 2}, []string{"k1"}, ""},
		"ours, with another authority":   {Found{Mark: here, Store: used}, []string{"k2", "k3"}, ""},
		"ours, the authority is unknown": {Found{Mark: here, Store: used}, nil, ""},
		"of no known authority":          {Found{Mark: &Mark{Node: "n"}, Store: used}, []string{"k3"}, ""},
		"nobody's":                       {Found{Store: used}, []string{"k1"}, "not made by this: its id is id, it has 1 peers and 2 volumes (a, b)"},
		"nobody's, peers only":           {Found{Store: &store.Store{Identity: store.Identity{UUID: "id"}, Peers: []string{"p"}}}, nil, "it has 1 peers and 0 volumes"},
		"another node's":                 {Found{Mark: &Mark{Node: "m", Cluster: here.Cluster}, Store: used}, []string{"k1"}, `for the node "m", and this one is "n"`},
		"another cluster's":              {Found{Mark: here, Store: used}, []string{"k3"}, "another Kubernetes cluster"},
		"lost":                           {Found{Mark: here, Store: empty, Listed: 3}, []string{"k1"}, "has 3 bricks, and glusterd's store is empty"},
		"lost, and the mark, too":        {Found{Store: empty, Listed: 3}, nil, "has 3 bricks, and glusterd's store is empty"},
	} {
		got := Judge(test.found, "n", test.cluster)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestManyVolumesAreNotAllNamed(t *testing.T) {
	s := &store.Store{}
	for range 100 {
		s.Volumes = append(s.Volumes, store.Volume{Name: strings.Repeat("v", 100)})
	}
	if said := Judge(Found{Store: s}, "n", nil); len(said) > 700 || !strings.Contains(said, "100 volumes") || !strings.HasSuffix(said, "...)") {
		t.Errorf("it says %q", said)
	}
}

// certificate returns one in PEM, signed by its own key.
func certificate(t *testing.T, key *ecdsa.PrivateKey, number int64) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotAfter: time.Unix(number, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestKeys holds that a renewed certificate is of the same authority, and another's is not.
func TestKeys(t *testing.T) {
	key, other := newKey(t), newKey(t)
	keysOf := func(text ...[]byte) []string {
		var all []byte
		for _, part := range text {
			all = append(all, part...)
		}
		keys, err := Keys(all)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	first, renewed, others := keysOf(certificate(t, key, 1)), keysOf(certificate(t, key, 2)), keysOf(certificate(t, other, 3))
	if len(first) != 1 || !reflect.DeepEqual(first, renewed) || reflect.DeepEqual(first, others) {
		t.Errorf("the keys are %q, renewed %q, another's %q", first, renewed, others)
	}
	if both := keysOf([]byte("# both\n"), certificate(t, key, 1), certificate(t, other, 3)); !reflect.DeepEqual(both, append(first, others...)) {
		t.Errorf("both are %q", both)
	}
	if _, err := Keys(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no")})); err == nil {
		t.Error("what is no certificate is read")
	}
	if keys, err := ReadKeys(filepath.Join(t.TempDir(), "none")); keys != nil || err != nil {
		t.Errorf("of no file, the keys are %q (%v)", keys, err)
	}
}

func TestMark(t *testing.T) {
	folder := t.TempDir()
	if mark, err := Read(folder); mark != nil || err != nil {
		t.Fatalf("there is a mark %v (%v)", mark, err)
	}
	mark, changed := Mark{Node: "n", Cluster: []string{"k1"}, Version: "10.3", Identity: store.Identity{UUID: "u", OperatingVersion: "100000"}}.With([]string{"k2", "k1"})
	if _, again := mark.With([]string{"k1"}); !changed || again || !reflect.DeepEqual(mark.Cluster, []string{"k1", "k2"}) {
		t.Errorf("the keys are %q (%v, %v)", mark.Cluster, changed, again)
	}
	file, content, err := mark.Encode(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if read, err := Read(folder); err != nil || !reflect.DeepEqual(*read, mark) {
		t.Errorf("read is %v (%v), want %v", read, err, mark)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "delete the file") {
		t.Errorf("the error is %v", err)
	}
}
