package database

import (
	"reflect"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func headWith(manifest string) *v1.Secret {
	return &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "heketi-database"},
		Data:       map[string][]byte{keyManifest: []byte(manifest)},
	}
}

func TestAManifestIsReadAsItIsWritten(t *testing.T) {
	want := manifest{
		Generation: 7, Session: "s1", Saved: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), Checksum: "c", Size: 3,
		Pieces: []pieceOf{{Secret: "heketi-database", Checksum: "p"}},
	}
	text, err := want.text()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := manifestIn(headWith(string(text))); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestABrokenManifestIsAnError(t *testing.T) {
	for _, broken := range []string{
		"", "{", "[]", "{}",
		`{"generation":0,"session":"s","pieces":[{"secret":"heketi-database"}]}`,
		`{"generation":1,"pieces":[{"secret":"heketi-database"}]}`,
		`{"generation":1,"session":"s"}`,
		`{"generation":1,"session":"s","size":-1,"pieces":[{"secret":"heketi-database"}]}`,
		`{"generation":1,"session":"s","pieces":[{"secret":"another"}]}`,
	} {
		if got, err := manifestIn(headWith(broken)); err == nil {
			t.Errorf("%q is read as %+v", broken, got)
		}
	}
}

func TestRecordAllows(t *testing.T) {
	saved := manifest{Generation: 5, Checksum: "five"}
	for name, test := range map[string]struct {
		record  *record
		allowed bool
	}{
		"there is none":                 {nil, true},
		"it is the same":                {&record{5, "five"}, true},
		"it is late":                    {&record{4, "four"}, true},
		"a later one was saved":         {&record{6, "six"}, false},
		"another was saved in its turn": {&record{5, "other"}, false},
	} {
		if err := test.record.allows(saved); (err == nil) != test.allowed {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzManifestIn has anything stand in the head. What is read can be written, and is read the same then.
func FuzzManifestIn(f *testing.F) {
	f.Add(`{"generation":1,"session":"s","saved":"2026-11-28T12:00:00Z","checksum":"c","size":3,"pieces":[{"secret":"heketi-database","checksum":"p"}]}`)
	f.Add(`{"generation":1,"session":"s","size":-1,"pieces":[{"secret":"heketi-database"}]}`)
	f.Add(`{"generation":1,"session":"s","pieces":[{"secret":"another"},{"secret":"heketi-database"}]}`)
	f.Add("null")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := manifestIn(headWith(text))
		if err != nil {
			return
		}
		if read.Generation < 1 || read.Session == "" || read.Size < 0 || len(read.Pieces) == 0 || read.Pieces[0].Secret != headWith("").Name {
			t.Errorf("%q is read as %+v", text, read)
		}
		written, err := read.text()
		if err != nil {
			t.Fatalf("%q is read as %+v, which cannot be written: %v", text, read, err)
		}
		again, err := manifestIn(headWith(string(written)))
		if err != nil {
			t.Fatalf("%q is written as %s, which cannot be read: %v", text, written, err)
		}
		if rewritten, err := again.text(); err != nil || string(rewritten) != string(written) {
			t.Errorf("%q is written as %s, and then as %s, %v", text, written, rewritten, err)
		}
	})
}
