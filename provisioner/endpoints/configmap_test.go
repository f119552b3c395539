package endpoints

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// hostsOwner is what the listing is made for that the volumes of source csi of someCluster share.
var hostsOwner = Owner{Namespace: "glusterfs-provisioner", Cluster: someCluster.ID}

const hostsName = "glusterfs-cluster-5f2c"

func wantedHosts(text string) *v1.ConfigMap {
	return &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: hostsOwner.Namespace, Name: hostsName, Labels: map[string]string{"gluster.org/heketi-cluster": someCluster.ID}},
		Data:       map[string]string{"servers": text},
	}
}

// expectHosts checks that there is the wanted ConfigMap; none if nil.
func expectHosts(t *testing.T, client *fake.Clientset, want *v1.ConfigMap) {
	t.Helper()
	got, err := client.CoreV1().ConfigMaps(hostsOwner.Namespace).Get(context.Background(), hostsName, metav1.GetOptions{})
	switch {
	case want == nil && apierrors.IsNotFound(err):
	case err != nil:
		t.Errorf("got error %v, want %v", err, want)
	case !reflect.DeepEqual(got, want):
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEnsureConfigMap(t *testing.T) {
	changed, more := wantedHosts("10.0.0.9"), wantedHosts("10.0.0.1,fd00::2")
	changed.BinaryData = map[string][]byte{"a": {1}}
	more.Data["b"] = "c"
	for what, test := range map[string]struct {
		exists *v1.ConfigMap
		writes []string
	}{
		"none":    {nil, []string{"create configmaps"}},
		"changed": {changed, []string{"update configmaps"}},
		"more":    {more, []string{"update configmaps"}},
		"right":   {wantedHosts("10.0.0.1,fd00::2"), nil},
	} {
		client := fake.NewSimpleClientset()
		if test.exists != nil {
			client = fake.NewSimpleClientset(test.exists)
			test.writes = append([]string{"create configmaps"}, test.writes...) // which tells that it exists
		}
		if err := storeOf(client).EnsureConfigMap(context.Background(), hostsName, hostsOwner, []string{"10.0.0.1", "fd00::2"}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		expectHosts(t, client, wantedHosts("10.0.0.1,fd00::2"))
		if got := writes(client); !slices.Equal(got, test.writes) {
			t.Errorf("%s: got writes %q, want %q", what, got, test.writes)
		}
	}
}

func TestAnothersConfigMapIsLeftAlone(t *testing.T) {
	another := wantedHosts("mine")
	another.Labels = nil
	client := fake.NewSimpleClientset(another)
	err := storeOf(client).EnsureConfigMap(context.Background(), hostsName, hostsOwner, []string{"10.0.0.1"})
	if !errors.Is(err, ErrNotOurs) || !strings.Contains(err.Error(), "ConfigMap glusterfs-provisioner/"+hostsName) {
		t.Errorf("got %v, want an error that names it", err)
	}
	if err := storeOf(client).RemoveConfigMap(context.Background(), hostsOwner.Namespace, hostsName); err != nil {
		t.Error(err)
	}
	expectHosts(t, client, another)
}

func TestRemoveConfigMap(t *testing.T) {
	client := fake.NewSimpleClientset(wantedHosts("10.0.0.1"))
	failure := failing(client, "delete", "configmaps")
	remove := func() error {
		return storeOf(client).RemoveConfigMap(context.Background(), hostsOwner.Namespace, hostsName)
	}
	if err := remove(); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	expectHosts(t, client, wantedHosts("10.0.0.1"))
	client = fake.NewSimpleClientset(wantedHosts("10.0.0.1"))
	for range 2 {
		if err := remove(); err != nil {
			t.Error(err)
		}
		expectHosts(t, client, nil)
	}
}
