package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	v1 "k8s.io/api/core/v1"
)

const (
	namespace   = "glusterfs-provisioner"
	provisioner = "gluster.org/glusterfs"
)

func mustWrite(t *testing.T, j *Journal, entry Entry) {
	t.Helper()
	if err := j.Write(t.Context(), entry); err != nil {
		t.Fatalf("Write(%s): %v", entry.ClaimUID, err)
	}
}

func mustRemove(t *testing.T, j *Journal, entry Entry) {
	t.Helper()
	if err := j.Remove(t.Context(), entry.ClaimUID); err != nil {
		t.Fatalf("Remove(%s): %v", entry.ClaimUID, err)
	}
}

// expectListed is what a next process finds.
func expectListed(t *testing.T, s *server, provisioner string, want ...Entry) {
	t.Helper()
	got, err := New(s, namespace, provisioner).List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("List: got %+v, want %+v", got, want)
	}
}

// play runs in a bubble, in which no time is lost.
func play(t *testing.T, how func(*testing.T, *server, *Journal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		how(t, s, New(s, namespace, provisioner))
	})
}

func TestWhatIsWrittenIsListedByTheNextProcess(t *testing.T) {
	for what, entry := range variants() {
		t.Run(what, func(t *testing.T) {
			play(t, func(t *testing.T, s *server, j *Journal) {
				mustWrite(t, j, entry)
				expectListed(t, s, provisioner, entry)
				mustRemove(t, j, entry)
				expectListed(t, s, provisioner)
				if len(s.configMaps) != 0 {
					t.Errorf("left is %v", s.configMaps)
				}
			})
		})
	}
}

func TestWriteAgainReplacesTheEntry(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		after := variants()["key in the class"]
		after.GID = 2001
		mustWrite(t, j, after)
		expectListed(t, s, provisioner, after)
	})
}

func TestAFailureNamesTheConfigMap(t *testing.T) {
	away := errors.New("the API server is away")
	for verb, do := range map[string]func(context.Context, *Journal) error{
		"create": func(ctx context.Context, j *Journal) error { return j.Write(ctx, entryOf("c1")) },
		"update": func(ctx context.Context, j *Journal) error { return j.Write(ctx, entryOf("c2")) },
		"delete": func(ctx context.Context, j *Journal) error { return j.Remove(ctx, "c1") },
		"get": func(ctx context.Context, j *Journal) error {
			_, _, err := j.Find(ctx, "c1")
			return err
		},
	} {
		t.Run(verb, func(t *testing.T) {
			play(t, func(t *testing.T, s *server, j *Journal) {
				if verb != "create" {
					mustWrite(t, j, entryOf("c1"))
				}
				s.fail = func(asked string) error {
					if asked == verb {
						return away
					}
					return nil
				}
				err := do(t.Context(), j)
				if !errors.Is(err, away) || !strings.Contains(err.Error(), "ConfigMap glusterfs-journal-") {
					t.Errorf("got error %v, want one that wraps %q and names the ConfigMap", err, away)
				}
				s.fail = func(string) error { return nil }
				if verb != "create" {
					expectListed(t, s, provisioner, entryOf("c1"))
				}
			})
		})
	}
}

// TestAfterALostAnswer has the API server save what it fails to confirm.
func TestAfterALostAnswer(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		lost := errors.New("lost")
		for _, do := range []func() error{
			func() error { return j.Write(t.Context(), entryOf("c1")) },
			func() error { return j.Write(t.Context(), entryOf("c2")) },
			func() error { return j.Remove(t.Context(), "c1") },
			func() error { return j.Remove(t.Context(), "c2") },
		} {
			s.lose = func(verb string) error {
				if verb == "get" {
					return nil
				}
				return lost
			}
			if err := do(); !errors.Is(err, lost) {
				t.Errorf("got %v", err)
			}
			s.lose = func(string) error { return nil }
			if err := do(); err != nil {
				t.Error(err)
			}
		}
		expectListed(t, s, provisioner)
	})
}

// TestWhatOthersChangeStays has an administrator write between two writes of ours.
func TestWhatOthersChangeStays(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		mustWrite(t, j, entryOf("c2"))
		s.edit(func(data map[string]string) { delete(data, "c1") })
		mustWrite(t, j, entryOf("c3"))
		expectListed(t, s, provisioner, entryOf("c2"), entryOf("c3"))
		s.edit(func(data map[string]string) { delete(data, "c2") })
		mustRemove(t, j, entryOf("c2"))
		expectListed(t, s, provisioner, entryOf("c3"))
		s.edit(func(data map[string]string) { data["c4"] = strings.ReplaceAll(entryText, "c1", "c4") })
		mustRemove(t, j, entryOf("c3"))
		if got, err := j.List(t.Context()); len(got) != 1 || err != nil {
			t.Errorf("what somebody has added is %v, %v", got, err)
		}
		s.drop()
		mustWrite(t, j, entryOf("c5"))
		expectListed(t, s, provisioner, entryOf("c5"))
		s.drop()
		mustRemove(t, j, entryOf("c5"))
		expectListed(t, s, provisioner)
	})
}

// TestAWriteThatArrivesLateIsRefused has one arrive that was given up before others were
// written.
func TestAWriteThatArrivesLateIsRefused(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		late := maps.Clone(s.configMaps)[configMapName(provisioner)]
		mustWrite(t, j, entryOf("c2"))
		late.Data = map[string]string{}
		if _, err := s.Update(t.Context(), late, updateOptions); !hasChanged(err) {
			t.Errorf("got %v", err)
		}
		if err := s.Delete(t.Context(), late.Name, deleteOptions(late)); !hasChanged(err) {
			t.Errorf("got %v", err)
		}
		expectListed(t, s, provisioner, entryOf("c1"), entryOf("c2"))
	})
}

func TestRemoveWhatIsNotThere(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustRemove(t, j, entryOf("c1"))
		if writes := s.writes(); len(writes) != 0 {
			t.Errorf("it wrote: %v", writes)
		}
	})
}

func TestFindAnEntryAsItIsNow(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		expect := func(want Entry, wantThere bool) {
			t.Helper()
			if got, there, err := j.Find(t.Context(), "c1"); there != wantThere || err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v, %v; want %+v, %v", got, there, err, want, wantThere)
			}
		}
		mustWrite(t, j, entryOf("c1"))
		mustWrite(t, j, entryOf("c2"))
		expect(entryOf("c1"), true)
		moved := entryOf("c1")
		moved.Heketi.URL = "http://new:8080"
		s.edit(func(data map[string]string) { data["c1"], _ = moved.text() })
		expect(moved, true)
		s.edit(func(data map[string]string) { data["c1"] = "volume: [" })
		if _, _, err := j.Find(t.Context(), "c1"); err == nil || !strings.Contains(err.Error(), "key c1 of ConfigMap "+namespace) {
			t.Errorf("of what cannot be read it says %v", err)
		}
		s.edit(func(data map[string]string) { delete(data, "c1") })
		expect(Entry{}, false)
		s.drop()
		expect(Entry{}, false)
	})
}

// TestChange changes entries beside the process that writes them. Neither loses what the
// other has written.
func TestChange(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		move := func(entry Entry) Entry {
			if entry.ClaimUID == "c1" {
				entry.Heketi.URL = "http://new:8080"
			}
			return entry
		}
		moved := move(entryOf("c1"))
		command := New(s, namespace, provisioner)
		for what, change := range map[string]func(Entry) Entry{"there is no entry": move, "nothing differs": func(entry Entry) Entry { return entry }} {
			if err := command.Change(t.Context(), change); err != nil || len(s.writes()) != 0 {
				t.Errorf("%s: it wrote, or said %v", what, err)
			}
		}
		mustWrite(t, j, entryOf("c1"))
		mustWrite(t, j, entryOf("c2"))
		// The other process writes between its look and its write.
		meanwhile := true
		err := command.Change(t.Context(), func(entry Entry) Entry {
			if meanwhile {
				meanwhile = false
				mustWrite(t, j, entryOf("c3"))
			}
			return move(entry)
		})
		if err != nil {
			t.Fatal(err)
		}
		expectListed(t, s, provisioner, moved, entryOf("c2"), entryOf("c3"))
		mustRemove(t, j, entryOf("c2"))
		expectListed(t, s, provisioner, moved, entryOf("c3"))
		s.fail = func(string) error { return errors.New("the API server is away") }
		if err := command.Change(t.Context(), move); err == nil || !strings.Contains(err.Error(), command.name()) {
			t.Errorf("it said %v", err)
		}
	})
}

func TestHowAnEntryIsRemoved(t *testing.T) {
	j := New(newServer(), namespace, provisioner)
	want := `kubectl patch configmap glusterfs-journal-` + labelOf(provisioner) + ` -n glusterfs-provisioner --type json -p '[{"op":"remove","path":"/data/c1"}]'`
	if got := j.Removal("c1"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	about := v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: namespace, Name: configMapName(provisioner), FieldPath: "data[c1]"}
	if got := *j.Reference("c1"); got != about {
		t.Errorf("got %+v, want %+v", got, about)
	}
}

func TestListNamesABrokenEntry(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		mustWrite(t, j, entryOf("c2"))
		s.edit(func(data map[string]string) { data["c2"] = strings.Replace(data["c2"], "heketiURL", "url", 1) })
		entries, err := j.List(t.Context())
		if err == nil {
			t.Fatalf("got %+v, want an error", entries)
		}
		for _, want := range []string{"key c2 of ConfigMap " + namespace + "/glusterfs-journal-", "heketiURL is missing"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got error %q, want one that says %q", err, want)
			}
		}
	})
}

// Provisioners of different names may share a namespace. A class that is made anew under
// another one brings the same claim to both; what the first began must not be forgotten.
func TestProvisionersThatShareANamespaceAreKeptApart(t *testing.T) {
	play(t, func(t *testing.T, s *server, _ *Journal) {
		names := []string{"gluster.org/glusterfs", "gluster.org/glusterfs-2", "example.com/glusterfs", "glusterfs"}
		of := func(i int) Entry {
			entry := entryOf("c1")
			entry.Heketi.URL = fmt.Sprint("http://heketi-", i)
			return entry
		}
		for i, name := range names {
			mustWrite(t, New(s, namespace, name), of(i))
		}
		for i, name := range names {
			expectListed(t, s, name, of(i))
		}
	})
}
