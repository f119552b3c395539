package auditor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes/fake"
	corelisters "k8s.io/client-go/listers/core/v1"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// What most tests are about: volume v1 of claim uid, in cluster c1.
const (
	provisionerName = "gluster.org/glusterfs"

	uid  types.UID = "cff15b42-70d4-4125-875c-d2171926e4a2"
	name           = "pvc-" + string(uid)

	otherUID  types.UID = "0b1d7a52-0f41-11e9-8eb2-f2801f1b9fd1"
	otherName           = "pvc-" + string(otherUID)
)

func theVolume() volume.Made {
	return volume.Made{Source: volume.CSI, ID: "v1", Cluster: "c1", Name: name, SizeGiB: 5, GID: 2000}
}

func otherVolume() volume.Made {
	return volume.Made{Source: volume.CSI, ID: "v2", Cluster: "c1", Name: otherName, SizeGiB: 7, GID: 2001}
}

// scene is a Kubernetes, a journal and any number of heketis, and the auditor that reads
// them.
type scene struct {
	*Auditor
	t       *testing.T
	heketis []*scripted
	cluster *fake.Clientset
	// cached are the PersistentVolumes that the cache has.
	cached cache.Indexer
	// entries are the journal's. Nobody changes them while they are read.
	entries []journal.Entry
	// unmounted are the volumes whose PersistentVolumes are being replaced.
	unmounted []string
	// reading is held while beforeRead is called, before anything is read, with what that
	// is.
	reading    sync.Mutex
	beforeRead func(what string)
	// reads are what was read, in order.
	reads []string
	// ends is the context that the API server heeds, as a real one does with each request's.
	ends context.Context
	// wayFails says why no client can be made for a class, by the class's name.
	wayFails map[string]error

	events  *record.FakeRecorder
	grown   []string
	audited []audit.Report
}

// play returns a scene with one heketi, which a class named gold names.
func play(t *testing.T) *scene {
	s := &scene{
		t:          t,
		cluster:    fake.NewSimpleClientset(),
		cached:     cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}),
		beforeRead: func(string) {},
		ends:       t.Context(),
		wayFails:   map[string]error{},
		events:     record.NewFakeRecorder(100),
	}
	for _, kind := range []string{"persistentvolumes", "storageclasses", "persistentvolumeclaims"} {
		s.cluster.PrependReactor("list", kind, func(clienttesting.Action) (bool, runtime.Object, error) {
			s.read(kind)
			return s.ends.Err() != nil, nil, s.ends.Err()
		})
	}
	s.Auditor = New(Dependencies{
		Provisioner:       provisionerName,
		Client:            s.cluster,
		PersistentVolumes: corelisters.NewPersistentVolumeLister(s.cached),
		Heketis:           connecting{s, heketi.NewConnector(heketi.DefaultConfig())},
		Journal:           entries{s},
		Conversions:       unmounted{s},
		Trimmer:           caches.NewTrimmer(),
		Events:            s.events,
		Grown:             func(pv string) { s.grown = append(s.grown, pv) },
		Audited:           func(report audit.Report) { s.audited = append(s.audited, report) },
	})
	s.addHeketi("gold")
	return s
}

func (s *scene) read(what string) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.reads = append(s.reads, what)
	s.beforeRead(what)
}

// addHeketi adds a heketi that a class names.
func (s *scene) addHeketi(class string) *scripted {
	h := &scripted{scene: s, volumes: map[string]inHeketi{}}
	h.server = httptest.NewServer(h)
	h.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.t.Cleanup(h.server.Close)
	s.heketis = append(s.heketis, h)
	s.addClass(class, h)
	return h
}

func (s *scene) addClass(name string, of *scripted) {
	s.must(s.cluster.Tracker().Add(&storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisionerName,
		// A user of its own makes it a way of its own.
		Parameters: map[string]string{"resturl": of.server.URL, "restuser": "user-of-" + name, "secretnamespace": "storage", "secretname": "heketi"},
	}))
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// The steps of which a volume's life in Kubernetes and the journal consists.

func (s *scene) claimIsMade() {
	s.must(s.cluster.Tracker().Add(&v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "pictures", UID: uid}}))
}

func (s *scene) claimGoes() {
	s.must(s.cluster.Tracker().Delete(v1.SchemeGroupVersion.WithResource("persistentvolumeclaims"), "default", "pictures"))
}

// abandons has a claim go before it has a PersistentVolume.
func (s *scene) abandons(claim types.UID) {
	s.SawClaimRemoved(&v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{UID: claim}}, time.Now())
}

func (s *scene) entryIsWritten(name string) {
	s.entries = append(s.entries, journal.Entry{Volume: name})
}

func (s *scene) entryIsRemoved(name string) {
	s.entries = slices.DeleteFunc(s.entries, func(e journal.Entry) bool { return e.Volume == name })
}

// volumeIsSaved makes the PersistentVolume of a volume of the first heketi, of the policy
// Delete unless that is changed.
func (s *scene) volumeIsSaved(made volume.Made, changes ...func(*v1.PersistentVolume)) *v1.PersistentVolume {
	made.Heketi = volume.Heketi{URL: s.heketis[0].server.URL, User: "admin", Secret: &volume.SecretRef{Namespace: "storage", Name: "heketi"}}
	pv := volume.Build(made.Name, made, &v1.PersistentVolumeClaim{}, &storagev1.StorageClass{})
	pv.UID, pv.ResourceVersion = types.UID("uid-of-"+pv.Name), "1"
	pv.Annotations[volume.ProvisionedBy] = provisionerName
	for _, change := range changes {
		change(pv)
	}
	s.must(s.cluster.Tracker().Add(pv))
	s.must(s.cached.Add(pv))
	return pv
}

// volumeIsChanged writes a PersistentVolume, so that it has another version.
func (s *scene) volumeIsChanged(pv *v1.PersistentVolume, change func(*v1.PersistentVolume)) {
	pv = pv.DeepCopy()
	pv.ResourceVersion += "1"
	change(pv)
	s.must(s.cluster.Tracker().Update(v1.SchemeGroupVersion.WithResource("persistentvolumes"), pv, ""))
	s.must(s.cached.Update(pv))
}

// volumeIsRemoved removes a PersistentVolume. The auditor hears of it as informers tell it.
func (s *scene) volumeIsRemoved(pv *v1.PersistentVolume) {
	s.must(s.cluster.Tracker().Delete(v1.SchemeGroupVersion.WithResource("persistentvolumes"), "", pv.Name))
	s.must(s.cached.Delete(pv))
	s.SawRemoved(pv)
}

func retained(pv *v1.PersistentVolume) {
	pv.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimRetain
}

// audit audits and fails the test if that is not possible.
func (s *scene) audit(scope audit.Scope) audit.Report {
	s.t.Helper()
	report, err := s.Audit(s.t.Context(), scope)
	s.must(err)
	return report
}

// told returns the events that were sent since it was last called.
func (s *scene) told() (all []string) {
	for len(s.events.Events) > 0 {
		all = append(all, <-s.events.Events)
	}
	return all
}

// unmounted is the scene as conversions.
type unmounted struct{ s *scene }

// Unmounted returns the volumes whose PersistentVolumes are being replaced.
func (u unmounted) Unmounted(context.Context) (sets.Set[string], error) {
	u.s.read("conversions")
	return sets.New(u.s.unmounted...), u.s.ends.Err()
}

// entries is the journal of a scene.
type entries struct{ *scene }

func (e entries) List(ctx context.Context) ([]journal.Entry, error) {
	e.read("journal")
	return slices.Clone(e.entries), ctx.Err()
}

func (e entries) Namespace() *v1.ObjectReference {
	return &v1.ObjectReference{Kind: "Namespace", Name: "storage"}
}

// connecting connects to the heketis of a scene.
type connecting struct {
	*scene
	connector *heketi.Connector
}

func (c connecting) Connect(_ context.Context, server volume.Heketi, class string) (*heketi.Client, error) {
	if err := c.wayFails[class]; err != nil {
		return nil, err
	}
	return c.connector.Connect(heketi.Credentials{URL: server.URL, User: server.User})
}

// scripted is a heketi that answers from what the test has given it.
type scripted struct {
	*scene
	server *httptest.Server

	mu      sync.Mutex
	volumes map[string]inHeketi
	// fails has it answer no question.
	fails bool
	// gluster are what the storage host n1 tells when asked in turn; the last is repeated.
	gluster []func(http.ResponseWriter)
	// onDelete is called for each deletion, before it is done.
	onDelete func(id string)
	// refuses is the id of a volume that it does not delete.
	refuses string
	// asked are the ids that it was to delete.
	asked []string
}

type inHeketi struct {
	volume.Made
	pending bool
}

func (h *scripted) has(made volume.Made)     { h.change(made, false) }
func (h *scripted) worksOn(made volume.Made) { h.change(made, true) }

func (h *scripted) change(made volume.Made, pending bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.volumes[made.ID] = inHeketi{made, pending}
}

func (h *scripted) loses(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.volumes, id)
}

func (h *scripted) deletions() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

func (h *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.fails {
		http.Error(w, "Unable to access db", http.StatusInternalServerError)
		return
	}
	switch request := r.Method + " " + path.Dir(r.URL.Path); {
	case r.URL.Path == "/db/dump":
		h.read("heketi")
		h.answer(w, h.dump())
	case r.URL.Path == "/internal/state/examine/gluster":
		h.read("gluster")
		h.examine(w)
	case r.Method+" "+r.URL.Path == "DELETE /volumes/"+h.refuses:
		http.Error(w, "Unable to delete it", http.StatusBadRequest)
	case request == "DELETE /volumes":
		h.delete(path.Base(r.URL.Path))
		http.Redirect(w, r, "/queue/j1", http.StatusAccepted)
	case request == "GET /queue":
		w.WriteHeader(http.StatusNoContent)
	default:
		h.t.Errorf("heketi was asked for %s %s", r.Method, r.URL.Path)
		http.Error(w, "Invalid path or request", http.StatusNotFound)
	}
}

func (h *scripted) answer(w http.ResponseWriter, body any) {
	if err := json.NewEncoder(w).Encode(body); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		h.t.Log(err)
	}
}

func (h *scripted) dump() map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	volumes := map[string]any{}
	for id, v := range h.volumes {
		operation := ""
		if v.pending {
			operation = "op"
		}
		volumes[id] = map[string]any{
			"Info":    map[string]any{"id": id, "name": v.Name, "cluster": v.Cluster, "size": v.SizeGiB, "gid": v.GID},
			"Bricks":  []string{},
			"Pending": map[string]string{"Id": operation},
		}
	}
	return map[string]any{"clusterentries": map[string]any{"c1": map[string]any{}}, "volumeentries": volumes}
}

// examine tells what gluster has.
func (h *scripted) examine(w http.ResponseWriter) {
	h.mu.Lock()
	next := h.gluster[0]
	if len(h.gluster) > 1 {
		h.gluster = h.gluster[1:]
	}
	h.mu.Unlock()
	next(w)
}

// hasInGluster answers that the storage host has those volumes, which are started.
func (h *scripted) hasInGluster(names ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		volumes := []any{}
		for _, name := range names {
			volumes = append(volumes, map[string]any{"VolumeName": name, "StatusStr": "Started", "Bricks": map[string]any{"BrickList": []any{}}})
		}
		database := h.dump()
		database["clusterentries"] = map[string]any{"c1": map[string]any{"Info": map[string]any{"nodes": []string{"n1"}}}}
		database["nodeentries"] = map[string]any{"n1": map[string]any{"Info": map[string]any{"hostnames": map[string]any{"manage": []string{"host-1"}}}}}
		h.answer(w, map[string]any{
			"heketidb": database,
			"clusters": []any{map[string]any{"ClusterHeketiID": "c1", "NodesData": []any{map[string]any{
				"NodeHeketiID":      "n1",
				"VolumeInfo":        map[string]any{"Volumes": map[string]any{"VolumeList": volumes}},
				"BricksMountStatus": map[string]any{"Statuses": []any{}},
				"LVMPVInfo":         nil,
			}}}},
		})
	}
}

func (h *scripted) delete(id string) {
	if h.onDelete != nil {
		h.onDelete(id)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, id)
	delete(h.volumes, id)
}

// mustFind checks the kinds and ids of all findings, such as "orphan v1", in the order of
// the alphabet. That of reports depends on heketis' ports, too.
func mustFind(t *testing.T, report audit.Report, want ...string) {
	t.Helper()
	got := []string{}
	for _, finding := range report.Findings {
		got = append(got, strings.TrimSpace(string(finding.Kind)+" "+finding.ID))
	}
	if slices.Sort(got); !slices.Equal(got, append([]string{}, want...)) {
		t.Errorf("findings: got %q, want %q", got, want)
	}
}
