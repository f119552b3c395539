package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

func TestLoadNamesABrokenConfigMap(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustBegin(t, j, entryOf("c1"))
	broken := entryOf("c2")
	broken.Server.URL = ""
	mustBegin(t, j, broken)

	next := journalOf(client, provisioner)
	entries, err := next.Load(context.Background())
	if err == nil {
		t.Fatalf("got %+v, want an error", entries)
	}
	for _, want := range []string{"ConfigMap " + namespace + "/claim-c2", "heketiURL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %q, want one that says %q", err, want)
		}
	}
	expectOpen(t, next)
}

func TestLoadReportsAnAPIServerThatIsAway(t *testing.T) {
	client := fake.NewSimpleClientset()
	failure := failing(client, "list")
	if _, err := journalOf(client, provisioner).Load(context.Background()); !errors.Is(err, failure) {
		t.Errorf("got error %v, want one that wraps %q", err, failure)
	}
}

func TestLoadSkipsWhatIsNotTheProvisioners(t *testing.T) {
	client := fake.NewSimpleClientset(
		&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "kube-root-ca.crt"}},
		&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "claim-c9", Labels: map[string]string{LabelProvisioner: "another"}}},
		&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "elsewhere", Name: "claim-c8", Labels: map[string]string{LabelProvisioner: labelOf(provisioner)}}},
	)
	j, entries := mustLoad(t, client, provisioner)
	expectOpen(t, j)
	if len(entries) != 0 {
		t.Errorf("got %+v, want nothing", entries)
	}
}

func TestProvisionersThatShareANamespaceAreKeptApart(t *testing.T) {
	client := fake.NewSimpleClientset()
	names := []string{"gluster.org/glusterfs", "gluster.org/glusterfs-2", "example.com/glusterfs", "glusterfs"}
	for i, name := range names {
		mustBegin(t, journalOf(client, name), entryOf(fmt.Sprintf("c%d", i)))
	}
	for i, name := range names {
		j, _ := mustLoad(t, client, name)
		expectOpen(t, j, entryOf(fmt.Sprintf("c%d", i)))
	}
}

// A class that is made anew under another provisioner brings the same claim to
// both; what the first one began must not be forgotten.
func TestProvisionersWithTheSameClaimAreKeptApart(t *testing.T) {
	client := fake.NewSimpleClientset()
	one, two := entryOf("c1"), entryOf("c1")
	two.Server.URL = "http://another-heketi"
	mustBegin(t, journalOf(client, "gluster.org/one"), one)
	_ = journalOf(client, "gluster.org/two").Begin(context.Background(), two)
	j, _ := mustLoad(t, client, "gluster.org/one")
	expectOpen(t, j, one)
}

// inPages lists ConfigMaps in pages, as an API server does and the fake does not.
type inPages struct {
	corev1.ConfigMapInterface
	pages int
}

func (p *inPages) ConfigMaps(string) corev1.ConfigMapInterface { return p }

func (p *inPages) List(ctx context.Context, options metav1.ListOptions) (*v1.ConfigMapList, error) {
	p.pages++
	all, err := p.ConfigMapInterface.List(ctx, options)
	if err != nil || options.Limit == 0 {
		return all, err
	}
	first, _ := strconv.Atoi(options.Continue)
	end := min(first+int(options.Limit), len(all.Items))
	if end < len(all.Items) {
		all.Continue = strconv.Itoa(end)
	}
	all.Items = all.Items[first:end]
	return all, nil
}

func TestLoadReadsEveryPage(t *testing.T) {
	const count = 1201
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	var want []Entry
	for i := range count {
		entry := entryOf(fmt.Sprintf("c%04d", i))
		mustBegin(t, j, entry)
		want = append(want, entry)
	}
	paged := &inPages{ConfigMapInterface: client.CoreV1().ConfigMaps(namespace)}
	next := New(paged, namespace, provisioner)
	got, err := next.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b Entry) int { return strings.Compare(string(a.ClaimUID), string(b.ClaimUID)) })
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %d entries, want the %d that were begun", len(got), count)
	}
	expectOpen(t, next, want...)
	if paged.pages < 2 {
		t.Errorf("the entries were read in %d page, so this tests nothing", paged.pages)
	}
}

func TestConcurrentClaims(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			entry := entryOf(fmt.Sprintf("c%d", i))
			for range 5 {
				if err := j.Begin(context.Background(), entry); err != nil {
					t.Error(err)
				}
				if _, open := j.Find(entry.ClaimUID); !open {
					t.Errorf("%s is not open after Begin", entry.ClaimUID)
				}
				_ = j.Len()
				if err := j.End(context.Background(), entry.ClaimUID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	expectOpen(t, j)
	after, _ := mustLoad(t, client, provisioner)
	expectOpen(t, after)
}
