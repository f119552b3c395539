package servers

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/volume"
)

// TestRecordedServersAreNotAsked has a server answer that the cluster had when the volume was
// made. It is asked only while nobody knows which servers the cluster has at present.
func TestRecordedServersAreNotAsked(t *testing.T) {
	recorded, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	own, err := namespace.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, prefix+"c", nil)
	for name, test := range map[string]struct {
		present  string
		err      error
		want     string
		recorded bool
		told     string
	}{
		"the present one is silent": {present: "127.0.0.3", want: "127.0.0.3", told: "127.0.0.3, which the cluster has at present; servers that do not answer: 127.0.0.3"},
		"no ConfigMap":              {want: "127.0.0.2", recorded: true, told: "127.0.0.2, which the PersistentVolume recorded, because there is no ConfigMap heketi/glusterfs-cluster-c: does --provisioner-namespace"},
		"no right":                  {err: forbidden, want: "127.0.0.2", recorded: true, told: "because the node plugin may not read ConfigMaps of namespace heketi"},
		"no form":                   {present: "gluster-1", want: "127.0.0.2", recorded: true, told: "because ConfigMap heketi/glusterfs-cluster-c: data.servers: \"gluster-1\""},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewSimpleClientset()
			if test.present != "" {
				client = fake.NewSimpleClientset(&v1.ConfigMap{
					ObjectMeta: metav1.ObjectMeta{Namespace: "heketi", Name: prefix + "c"}, Data: map[string]string{key: test.present},
				})
			}
			if test.err != nil {
				client.PrependReactor("get", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, test.err })
			}
			var seen []Found
			locator := NewLocator(NewPresent(client.CoreV1(), "heketi"), own, func(f Found) { seen = append(seen, f) })
			found := locator.Locate(t.Context(), volume.Volume{Cluster: "c", Servers: addresses("127.0.0.2")},
				mountoptions.Options{{Name: mountoptions.ServerPort, Value: strconv.Itoa(recorded.Addr().(*net.TCPAddr).Port)}})
			if !slices.Equal(found.Servers, addresses(test.want)) || (found.Unknown != nil) != test.recorded {
				t.Errorf("found %+v", found)
			}
			if !strings.Contains(found.String(), test.told) {
				t.Errorf("told is %q, want %q", found, test.told)
			}
			if len(seen) != 1 || seen[0].String() != found.String() {
				t.Errorf("seen were %v", seen)
			}
		})
	}
}

// silent is an API server that does not answer.
type silent struct{ corev1.ConfigMapInterface }

func (s silent) ConfigMaps(string) corev1.ConfigMapInterface { return s }

func (silent) Get(ctx context.Context, _ string, _ metav1.GetOptions) (*v1.ConfigMap, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAPIServerIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := NewPresent(silent{}, "heketi").Of(t.Context(), "c")
		if err == nil || err.Error() != "the API server has not answered within 2s" {
			t.Errorf("error is %v", err)
		}
	})
}

func TestLongListsAreCut(t *testing.T) {
	found := Found{Servers: addresses("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7")}
	if want := "10.0.0.5 and 2 more, which"; !strings.Contains(found.String(), want) {
		t.Errorf("told is %q, want %q", found, want)
	}
}
