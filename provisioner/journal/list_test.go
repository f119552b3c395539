package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

func TestListNamesABrokenConfigMap(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustWrite(t, j, entryOf("c1"))
	broken := entryOf("c2")
	broken.Heketi.URL = ""
	mustWrite(t, j, broken)

	entries, err := journalOf(client, provisioner).List(context.Background())
	if err == nil {
		t.Fatalf("got %+v, want an error", entries)
	}
	for _, want := range []string{"ConfigMap " + namespace + "/claim-c2", "heketiURL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %q, want one that says %q", err, want)
		}
	}
}

func TestListReportsAnAPIServerThatIsAway(t *testing.T) {
	client := fake.NewSimpleClientset()
	failure := failing(client, "list")
	if _, err := journalOf(client, provisioner).List(context.Background()); !errors.Is(err, failure) {
		t.Errorf("got error %v, want one that wraps %q", err, failure)
	}
}

func TestListSkipsWhatIsNotTheProvisioners(t *testing.T) {
	client := fake.NewSimpleClientset(
		&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "kube-root-ca.crt"}},
		&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "claim-c9", Labels: map[string]string{LabelProvisioner: "another"}}},
		&v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "elsewhere", Name: "claim-c8", Labels: map[string]string{LabelProvisioner: labelOf(provisioner)}}},
	)
	expectListed(t, client, provisioner)
}

func TestProvisionersThatShareANamespaceAreKeptApart(t *testing.T) {
	client := fake.NewSimpleClientset()
	names := []string{"gluster.org/glusterfs", "gluster.org/glusterfs-2", "example.com/glusterfs", "glusterfs"}
	for i, name := range names {
		mustWrite(t, journalOf(client, name), entryOf(fmt.Sprintf("c%d", i)))
	}
	for i, name := range names {
		expectListed(t, client, name, entryOf(fmt.Sprintf("c%d", i)))
	}
}

// A class that is made anew under another provisioner brings the same claim to
// both; what the first one began must not be forgotten.
func TestProvisionersWithTheSameClaimAreKeptApart(t *testing.T) {
	client := fake.NewSimpleClientset()
	one, two := entryOf("c1"), entryOf("c1")
	two.Heketi.URL = "http://another-heketi"
	mustWrite(t, journalOf(client, "gluster.org/one"), one)
	mustWrite(t, journalOf(client, "gluster.org/two"), two)
	expectListed(t, client, "gluster.org/one", one)
	expectListed(t, client, "gluster.org/two", two)
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

func TestListReadsEveryPage(t *testing.T) {
	const count = 1201
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	var want []Entry
	for i := range count {
		entry := entryOf(fmt.Sprintf("c%04d", i))
		mustWrite(t, j, entry)
		want = append(want, entry)
	}
	paged := &inPages{ConfigMapInterface: client.CoreV1().ConfigMaps(namespace)}
	next := New(paged, namespace, provisioner)
	got, err := next.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b Entry) int { return strings.Compare(string(a.ClaimUID), string(b.ClaimUID)) })
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %d entries, want the %d that were written", len(got), count)
	}
	if paged.pages < 2 {
		t.Errorf("the entries were read in %d page, so this tests nothing", paged.pages)
	}
}
