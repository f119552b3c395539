package keeper

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/test/bench"
)

// databaseName is that of the database of the tests.
const databaseName = "heketi-database"

// storeIn returns a store of a session of its own, through the proxy unless that is nil.
func storeIn(t *testing.T, namespace string, proxy *bench.Proxy) *database.Store {
	t.Helper()
	return database.New(database.Config{
		Client: clientOf(t, namespace, proxy), Namespace: namespace, Name: databaseName, Session: unique("session"),
	})
}

// begin returns a store that has loaded and claimed what is saved.
func begin(t *testing.T, namespace string, proxy *bench.Proxy) *database.Store {
	t.Helper()
	store := storeIn(t, namespace, proxy)
	if _, err := store.Load(t.Context()); err != nil && !errors.Is(err, database.ErrNone) {
		t.Fatal(err)
	}
	if err := store.Claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

func save(t *testing.T, store *database.Store, data []byte) {
	t.Helper()
	if err := store.Save(t.Context(), data); err != nil {
		t.Fatal(err)
	}
}

// incompressible is a database of that many bytes that are still as many when compressed.
func incompressible(t *testing.T, size int) []byte {
	t.Helper()
	data := make([]byte, size)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}

// inTwo is a database of two pieces.
func inTwo(t *testing.T) []byte { return incompressible(t, 600<<10) }

// expectSaved checks what a later keeper would start from.
func expectSaved(t *testing.T, namespace string, want []byte) {
	t.Helper()
	got, err := storeIn(t, namespace, nil).Load(t.Context())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes are saved, %v; want %d", len(got), err, len(want))
	}
}

// secretsIn are the Secrets of the database.
func secretsIn(t *testing.T, namespace string) []v1.Secret {
	t.Helper()
	found := must[*v1.SecretList](t)(env.client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{
		LabelSelector: "gluster.org/heketi-database=" + databaseName,
	}))
	return found.Items
}

func TestDatabaseIsSaved(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	if _, err := storeIn(t, namespace, nil).Load(t.Context()); !errors.Is(err, database.ErrNone) {
		t.Errorf("before anything was saved, the error is %v", err)
	}
	store := begin(t, namespace, nil)
	big := incompressible(t, 3<<19)
	for i, data := range [][]byte{[]byte("first"), big, []byte("third"), nil} {
		save(t, store, data)
		expectSaved(t, namespace, data)
		if last := store.Last(); last.Number != int64(i+1) || last.Size != int64(len(data)) {
			t.Errorf("after %d saves, it says %+v", i+1, last)
		}
		want := 1
		if len(data) == len(big) {
			want = 4 // of more than 1 MiB, in pieces of half a MiB
		}
		if secrets := secretsIn(t, namespace); len(secrets) != want {
			t.Errorf("after save %d there are %d Secrets, want %d", i+1, len(secrets), want)
		}
	}
	// What is saved already is no new generation.
	save(t, store, nil)
	if last := store.Last(); last.Number != 4 {
		t.Errorf("the same again is generation %d", last.Number)
	}
}

// TestSecondKeeperCannotSave has one that was not told that another has the database by now.
func TestSecondKeeperCannotSave(t *testing.T) {
	t.Parallel()
	for name, saved := range map[string]bool{"nothing is saved yet": false, "something is saved": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t)
			first := begin(t, namespace, nil)
			if saved {
				save(t, first, []byte("of the first"))
			}
			second := begin(t, namespace, nil)
			if !saved {
				save(t, second, []byte("of the second"))
			}
			for range 2 {
				if err := first.Save(t.Context(), []byte("late")); !errors.Is(err, database.ErrTaken) {
					t.Errorf("the first saves with error %v", err)
				}
			}
			save(t, second, []byte("of the second, again"))
			expectSaved(t, namespace, []byte("of the second, again"))
		})
	}
}

// TestFaultKilledWhileSaving ends a save at each of its requests, once before the request is there
// and once after. What is saved is what was, or what was to be, and whoever is next goes on.
func TestFaultKilledWhileSaving(t *testing.T) {
	t.Parallel()
	big := inTwo(t)
	before := append([]byte("before"), big...)
	for name, request := range map[string]struct{ method, path string }{
		"piece":  {http.MethodPost, "/secrets"},
		"head":   {http.MethodPut, "/secrets/" + databaseName},
		"record": {http.MethodPut, "/configmaps/" + databaseName},
		"clean":  {http.MethodDelete, "/secrets/"},
	} {
		for when, action := range map[string]bench.Action{"before": bench.Cut, "after": bench.LoseAnswer} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				namespace, proxy := newNamespace(t), newProxy(t)
				killed := begin(t, namespace, proxy)
				save(t, killed, before)
				disturbed := proxy.Disturb(request.method, "/namespaces/"+namespace+request.path, action)
				if err := killed.Save(t.Context(), big); (err == nil) != (name == "clean") {
					t.Errorf("it saved with error %v", err)
				}
				if disturbed.Seen() == 0 {
					t.Fatal("no request was disturbed")
				}
				proxy.Calm()
				want := before
				if name == "record" || name == "clean" || name == "head" && when == "after" {
					want = big
				}
				expectSaved(t, namespace, want)

				next := begin(t, namespace, nil)
				after := slices.Concat(big, []byte("next"))
				save(t, next, after)
				expectSaved(t, namespace, after)
				if secrets := secretsIn(t, namespace); len(secrets) != 2 {
					t.Errorf("there are %d Secrets, want 2", len(secrets))
				}
			})
		}
	}
}

// TestFaultAnswerIsLost saves again what may have been saved.
func TestFaultAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			namespace, proxy := newNamespace(t), newProxy(t)
			store := begin(t, namespace, proxy)
			if method == http.MethodPut {
				save(t, store, []byte("before"))
			}
			proxy.Disturb(method, "/namespaces/"+namespace+"/secrets", bench.LoseAnswer)
			if err := store.Save(t.Context(), []byte("lost")); err == nil || errors.Is(err, database.ErrTaken) {
				t.Errorf("it saved with error %v", err)
			}
			proxy.Calm()
			save(t, store, []byte("after"))
			expectSaved(t, namespace, []byte("after"))
		})
	}
}

// change changes a Secret, which may be immutable: then it is made anew.
func change(t *testing.T, secret *v1.Secret, change func(*v1.Secret)) {
	t.Helper()
	secrets := env.client.CoreV1().Secrets(secret.Namespace)
	changed := secret.DeepCopy()
	change(changed)
	changed.UID, changed.ResourceVersion = "", ""
	if err := secrets.Delete(t.Context(), secret.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	must[*v1.Secret](t)(secrets.Create(t.Context(), changed, metav1.CreateOptions{}))
}

// TestFaultSavedDatabaseIsDamaged changes each of the Secrets in each way. The next keeper does not start
// from it, and says which Secret it is.
func TestFaultSavedDatabaseIsDamaged(t *testing.T) {
	t.Parallel()
	damages := map[string]func(*testing.T, *v1.Secret){
		"changed": func(t *testing.T, s *v1.Secret) {
			change(t, s, func(s *v1.Secret) { s.Data["piece"][10] ^= 1 })
		},
		"shorter": func(t *testing.T, s *v1.Secret) {
			change(t, s, func(s *v1.Secret) { s.Data["piece"] = s.Data["piece"][1:] })
		},
		"empty": func(t *testing.T, s *v1.Secret) {
			change(t, s, func(s *v1.Secret) { s.Data = nil })
		},
		"older": func(t *testing.T, s *v1.Secret) {
			change(t, s, func(s *v1.Secret) {
				s.Labels["gluster.org/heketi-database-generation"] = "1"
				s.Data["piece"][10] ^= 1
			})
		},
		"missing": func(t *testing.T, s *v1.Secret) {
			if err := env.client.CoreV1().Secrets(s.Namespace).Delete(t.Context(), s.Name, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		},
	}
	namespace := newNamespace(t)
	store := begin(t, namespace, nil)
	save(t, store, []byte("first"))
	big := inTwo(t)
	save(t, store, big)
	secrets := secretsIn(t, namespace)
	for name, damage := range damages {
		for i := range secrets {
			secret := &secrets[i]
			damage(t, secret)
			want := database.ErrDamaged
			if name == "missing" && secret.Name == databaseName {
				want = database.ErrGone
			}
			if data, err := storeIn(t, namespace, nil).Load(t.Context()); !errors.Is(err, want) || !strings.Contains(err.Error(), secret.Name) {
				t.Errorf("%s is %s: %d bytes were loaded, %v", secret.Name, name, len(data), err)
			}
			change(t, secret, func(*v1.Secret) {})
		}
	}
	expectSaved(t, namespace, big)
}

// TestSavedDatabaseIsRelabeled has a tool take all labels away, or put its own there. The database is as it was.
func TestSavedDatabaseIsRelabeled(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	store := begin(t, namespace, nil)
	big := inTwo(t)
	save(t, store, big)
	secrets := secretsIn(t, namespace)
	for i := range secrets {
		change(t, &secrets[i], func(s *v1.Secret) { s.Labels = map[string]string{"velero.io/restore-name": "yesterday"} })
	}
	expectSaved(t, namespace, big)
	// Who runs goes on from there, though the head is another object by now.
	later := slices.Concat(big, []byte("later"))
	save(t, store, later)
	expectSaved(t, namespace, later)
}

// TestFaultPieceIsDeletedWhileIdle deletes or changes a piece of what is saved, of which the head is left, or puts an
// earlier head back. Nothing changes in the database, and it is saved again.
func TestFaultPieceIsDeletedWhileIdle(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*testing.T, []v1.Secret){
		"deleted": func(t *testing.T, secrets []v1.Secret) {
			kubectl(t, fmt.Sprintf("kubectl delete secret %s -n %s", secrets[1].Name, secrets[1].Namespace))
		},
		"changed": func(t *testing.T, secrets []v1.Secret) {
			change(t, &secrets[1], func(s *v1.Secret) { s.Data["piece"][10] ^= 1 })
		},
		"head changed": func(t *testing.T, secrets []v1.Secret) {
			change(t, &secrets[0], func(s *v1.Secret) { s.Data["piece"][10] ^= 1 })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t)
			store := begin(t, namespace, nil)
			big := inTwo(t)
			save(t, store, big)
			if err := store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if save(t, store, big); store.Last().Number != 1 {
				t.Errorf("what is whole is saved again as generation %d", store.Last().Number)
			}
			damage(t, secretsIn(t, namespace))
			if err := store.Check(t.Context()); err != nil {
				t.Error(err)
			}
			save(t, store, big)
			expectSaved(t, namespace, big)
		})
	}
}

// TestFaultOlderDatabaseIsRestored puts back all that was saved at an earlier time, as a person may do
// with a backup. The next keeper refuses it until the person says that it is meant.
func TestFaultOlderDatabaseIsRestored(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	store := begin(t, namespace, nil)
	big := inTwo(t)
	save(t, store, big)
	backup := secretsIn(t, namespace)
	save(t, store, []byte("later"))
	for i := range backup {
		change(t, &backup[i], func(*v1.Secret) {})
	}
	_, err := storeIn(t, namespace, nil).Load(t.Context())
	remedy := fmt.Sprintf("kubectl delete configmap %s -n %s", databaseName, namespace)
	if !errors.Is(err, database.ErrOlder) || !strings.Contains(err.Error(), remedy) || !strings.Contains(err.Error(), "generation 2 was saved") {
		t.Errorf("got error %v, want the remedy %q", err, remedy)
	}
	kubectl(t, remedy)
	expectSaved(t, namespace, big)
}

// TestFaultAllSecretsAreDeleted deletes what is saved. The next keeper does not take that for the
// first start; one that runs saves it again.
func TestFaultAllSecretsAreDeleted(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	store := begin(t, namespace, nil)
	save(t, store, []byte("first"))
	deleteAll := func() {
		kubectl(t, fmt.Sprintf("kubectl delete secret %s -n %s", databaseName, namespace))
	}
	deleteAll()
	_, err := storeIn(t, namespace, nil).Load(t.Context())
	remedy := fmt.Sprintf("kubectl delete configmap %s -n %s", databaseName, namespace)
	if !errors.Is(err, database.ErrGone) || !strings.Contains(err.Error(), remedy) {
		t.Errorf("got error %v, want the remedy %q", err, remedy)
	}
	save(t, store, []byte("second"))
	expectSaved(t, namespace, []byte("second"))

	deleteAll()
	kubectl(t, remedy)
	if _, err := storeIn(t, namespace, nil).Load(t.Context()); !errors.Is(err, database.ErrNone) {
		t.Errorf("got error %v", err)
	}
}

// kubectl types a command.
func kubectl(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	if words[0] != "kubectl" {
		t.Fatalf("%q is no command of kubectl", command)
	}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := env.cluster.Kubectl(ctx, words[1:]...)
		return err
	})
}
