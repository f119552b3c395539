package metrics

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

const provisionerName = "gluster.org/glusterfs"

// scene is a provisioner with its metrics. Its caches are filled, and it does nothing.
type scene struct {
	*Metrics
	client   *fake.Clientset
	registry *prometheus.Registry
	leads    bool
}

// newScene returns one that leads, in a cluster with those objects.
func newScene(t testing.TB, objects ...runtime.Object) *scene {
	t.Helper()
	s := &scene{client: fake.NewSimpleClientset(objects...), registry: prometheus.NewRegistry(), leads: true}
	var p *provisioner.Provisioner
	s.Metrics = New(func() *provisioner.Provisioner {
		if !s.leads {
			return nil
		}
		return p
	})
	config := heketi.DefaultConfig()
	config.Observer = s.Metrics
	retry := workqueue.NewItemExponentialFailureRateLimiter(time.Hour, time.Hour)
	var err error
	p, err = provisioner.New(provisioner.Dependencies{
		Name: provisionerName, Kubernetes: "cluster", Client: s.client, Informers: informers.NewSharedInformerFactory(s.client, 0),
		Heketi: heketi.NewConnector(config), GIDs: gid.NewAllocator(), Journal: journal.New(s.client.CoreV1(), "storage", provisionerName),
		Namespace: "storage", Endpoints: endpoints.NewStore(s.client.CoreV1()), Events: record.NewFakeRecorder(100), Observer: s.Metrics,
		EndpointsRepaired: s.EndpointsRepaired, StorageHostsUnread: s.StorageHostsUnread, HeketiCleanedUp: s.HeketiCleanedUp,
		RetryClaim: retry, RetryExpansion: retry, RetryConversion: retry,
		APIServerVersion: func(context.Context) *utilversion.Version { return utilversion.MustParseGeneric("1.36") },
		AttributesClass:  func(context.Context, *v1.PersistentVolumeClaim) (string, error) { return "", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Informers.Start(t.Context().Done())
	if err := p.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.registry.MustRegister(s.Metrics)
	return s
}

// heketiWith returns a heketi behind TLS that says hello, and has it asked by the scene.
func (s *scene) greetedHeketi(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Hello from Heketi") }))
	t.Cleanup(server.Close)
	s.addClass(t, classOf("greeted", server.URL))
	client, err := s.leader().Heketi.Connect(heketi.Credentials{URL: server.URL, CA: pemOf(server)})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Greet(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server.URL
}

func (s *scene) addClass(t *testing.T, class *storagev1.StorageClass) {
	t.Helper()
	if _, err := s.client.StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.await(t, "class "+class.Name+" is seen", func() bool {
		_, err := s.leader().Informers.Storage().V1().StorageClasses().Lister().Get(class.Name)
		return err == nil
	})
}

func (s *scene) removeClass(t *testing.T, name string) {
	t.Helper()
	if err := s.client.StorageV1().StorageClasses().Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.await(t, "class "+name+" is gone", func() bool {
		_, err := s.leader().Informers.Storage().V1().StorageClasses().Lister().Get(name)
		return err != nil
	})
}

func (*scene) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after a minute it is not so that %s", what)
		}
	}
}

// lines returns what is scraped, as lines without comments.
func (s *scene) lines(t *testing.T) []string {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			value := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
			lines = append(lines, fmt.Sprintf("%s{%s} %v", strings.TrimPrefix(family.GetName(), namespace+"_"), strings.Join(labels, ","), value))
		}
	}
	return lines
}

func classOf(name, heketi string) *storagev1.StorageClass {
	return &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisionerName,
		Parameters: map[string]string{"resturl": heketi, "restauthenabled": "false", "gidMin": "2000", "gidMax": "2999"},
	}
}

func claimOf(class string, age time.Duration) *v1.PersistentVolumeClaim {
	name := fmt.Sprintf("claim-%s-%v", class, age)
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "apps", UID: types.UID(name), CreationTimestamp: metav1.NewTime(time.Now().Add(-age)),
			Annotations: map[string]string{"volume.kubernetes.io/storage-provisioner": provisionerName},
		},
		Spec: v1.PersistentVolumeClaimSpec{StorageClassName: &class},
	}
}

func volumeOf(class, heketi string, number int) *v1.PersistentVolume {
	claim := claimOf(class, time.Duration(number))
	pv := volume.Build(fmt.Sprintf("pvc-%s-%d", class, number), volume.Made{
		Source: volume.CSI, Heketi: volume.Heketi{URL: heketi}, ID: fmt.Sprintf("id%d", number), Cluster: "c1",
		Name: fmt.Sprintf("pvc-%d", number), SizeGiB: 2, GID: uint32(2000 + number),
	}, claim, classOf(class, heketi))
	pv.UID = types.UID(pv.Name)
	pv.Annotations[volume.ProvisionedBy] = provisionerName
	pv.Spec.StorageClassName = class
	pv.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimDelete
	pv.Spec.Capacity = v1.ResourceList{v1.ResourceStorage: resource.MustParse("2Gi")}
	return pv
}
