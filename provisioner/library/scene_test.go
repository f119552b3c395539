package library

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller/metrics"
)

const provisionerName = "gluster.org/glusterfs"

// scene is the library's own controller with a fake API server, which removes
// PersistentVolumes as the real one does, and fails as many patches as it is told to.
type scene struct {
	client      *fake.Clientset
	factory     informers.SharedInformerFactory
	controller  *controller.ProvisionController
	metrics     metrics.Metrics
	provisioner *provisioner
	pauses      *Pauses
	claims      *Claims
	volumes     *SavedVolumes
	events      *events

	patchesToFail, patches atomic.Int32

	mu    sync.Mutex
	letGo []types.UID
}

// newScene makes a scene with what the API server has at first. The library registers
// types with client-go's global scheme, without a lock, so no other scene may run.
func newScene(limiter workqueue.RateLimiter, objects ...runtime.Object) *scene {
	s := &scene{
		client:      fake.NewSimpleClientset(objects...),
		metrics:     metrics.New("test"),
		provisioner: &provisioner{tries: map[string]int{}},
		events:      &events{},
	}
	s.pauses = NewPauses(limiter, func(string) bool { return false }, func(claim string) { s.claims.TellOf(claim) })
	s.client.PrependReactor("delete", "persistentvolumes", s.delete)
	s.client.PrependReactor("patch", "persistentvolumes", s.patch)
	s.factory = informers.NewSharedInformerFactory(s.client, 0)
	volumes, claims, classes := s.factory.Core().V1().PersistentVolumes(), s.factory.Core().V1().PersistentVolumeClaims(), s.factory.Storage().V1().StorageClasses()
	s.provisioner.classes, s.provisioner.pauses = classes.Lister(), s.pauses
	s.claims, s.volumes = NewClaims(claims.Informer(), classes.Informer(), s.pauses), NewSavedVolumes(volumes.Informer())
	client := NewClient(s.client, Config{Events: s.events, Volumes: volumes.Lister(), LetGo: s.noteLetGo})
	s.controller = controller.NewProvisionController(client, provisionerName, s.provisioner,
		controller.LeaderElection(false),
		controller.RateLimiter(s.pauses),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
		controller.CreateProvisionedPVLimiter(soon()),
		controller.AddFinalizer(true),
		controller.ClaimsInformer(s.claims),
		controller.VolumesInformer(s.volumes),
		controller.ClassesInformer(classes.Informer()),
		controller.MetricsInstance(s.metrics),
	)
	return s
}

// never has nothing tried again that failed.
func never() workqueue.RateLimiter {
	return workqueue.NewItemExponentialFailureRateLimiter(time.Hour, time.Hour)
}

// soon has what failed tried again at once.
func soon() workqueue.RateLimiter {
	return workqueue.NewItemExponentialFailureRateLimiter(10*time.Millisecond, 50*time.Millisecond)
}

// start starts the informers, and the library when they watch: the fake forgets what
// happens between its answer to a list and the watch.
func (s *scene) start(t *testing.T) {
	s.factory.Start(t.Context().Done())
	s.factory.WaitForCacheSync(t.Context().Done())
	eventually(t, "the informers watch", func() bool {
		watches := 0
		for _, action := range s.client.Actions() {
			if action.GetVerb() == "watch" {
				watches++
			}
		}
		return watches >= 3
	})
	go s.controller.Run(t.Context()) // It never returns.
}

// stop has the library leave all claims alone, and waits until it does. Its workers never
// end, and a claim that fails for ever would have them read the global scheme while the
// next scenes are made.
func (s *scene) stop(t *testing.T) {
	s.provisioner.stop()
	all, err := s.client.CoreV1().PersistentVolumeClaims(metav1.NamespaceAll).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all.Items {
		s.changes(t, &all.Items[i], func(c *v1.PersistentVolumeClaim) { c.Status.Phase = v1.ClaimLost })
	}
	eventually(t, "all claims are left alone", func() bool { return s.provisioner.leavesAlone() == len(all.Items) })
}

// delete marks a PersistentVolume that has finalizers.
func (s *scene) delete(action clienttesting.Action) (bool, runtime.Object, error) {
	pv, err := s.stored(action.(clienttesting.DeleteAction).GetName())
	if err != nil {
		return true, nil, err
	}
	if len(pv.Finalizers) == 0 {
		return false, nil, nil
	}
	if pv.DeletionTimestamp == nil {
		pv.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		err = s.client.Tracker().Update(action.GetResource(), pv, "")
	}
	return true, nil, err
}

// patch fails, or removes a PersistentVolume that was marked and has lost its last
// finalizer.
func (s *scene) patch(action clienttesting.Action) (bool, runtime.Object, error) {
	s.patches.Add(1)
	if s.patchesToFail.Add(-1) >= 0 {
		return true, nil, apierrors.NewInternalError(fmt.Errorf("a webhook does not answer"))
	}
	done, patched, err := clienttesting.ObjectReaction(s.client.Tracker())(action)
	if pv, ok := patched.(*v1.PersistentVolume); ok && err == nil && pv.DeletionTimestamp != nil && len(pv.Finalizers) == 0 {
		err = s.client.Tracker().Delete(action.GetResource(), "", pv.Name)
	}
	return done, patched, err
}

// stored returns a copy of a PersistentVolume that the API server has.
func (s *scene) stored(name string) (*v1.PersistentVolume, error) {
	object, err := s.client.Tracker().Get(v1.SchemeGroupVersion.WithResource("persistentvolumes"), "", name)
	if err != nil {
		return nil, err
	}
	return object.(*v1.PersistentVolume).DeepCopy(), nil
}

// changes writes a claim that was changed. The fake counts no versions, so this does.
func (s *scene) changes(t *testing.T, claim *v1.PersistentVolumeClaim, change func(*v1.PersistentVolumeClaim)) {
	t.Helper()
	change(claim)
	version, err := strconv.Atoi(claim.ResourceVersion)
	if err != nil {
		t.Fatal(err)
	}
	claim.ResourceVersion = strconv.Itoa(version + 1)
	if _, err := s.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(t.Context(), claim.DeepCopy(), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) noteLetGo(pv types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letGo = append(s.letGo, pv)
}

// provisioner counts what it is asked for. It makes no volume.
type provisioner struct {
	classes Classes
	pauses  *Pauses
	deleted atomic.Int32
	// full says that nothing is let in, and asked how often it was asked to be.
	full  atomic.Bool
	asked atomic.Int32

	mu sync.Mutex
	// tries are counted by class.
	tries map[string]int
	// leftAlone are the claims that were refused since the scene has ended; nil before.
	leftAlone map[types.UID]bool
}

func (p *provisioner) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leftAlone = map[types.UID]bool{}
}

func (p *provisioner) leavesAlone() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.leftAlone)
}

func (p *provisioner) ShouldProvision(_ context.Context, claim *v1.PersistentVolumeClaim) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leftAlone != nil {
		p.leftAlone[claim.UID] = true
		return false
	}
	p.asked.Add(1)
	_, has := ClassOf(claim, provisionerName, p.classes)
	return has && !p.full.Load() && !p.pauses.Refuses(string(claim.UID))
}

func (p *provisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries[options.StorageClass.Name]++
	return nil, controller.ProvisioningFinished, fmt.Errorf("heketi has no space")
}

func (p *provisioner) ShouldDelete(_ context.Context, pv *v1.PersistentVolume) bool {
	p.asked.Add(1)
	return IsToDelete(pv) && !p.full.Load()
}

func (p *provisioner) triesOf(class string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries[class]
}

func (p *provisioner) Delete(context.Context, *v1.PersistentVolume) error {
	p.deleted.Add(1)
	return nil
}

// events keeps what was told.
type events struct {
	mu   sync.Mutex
	told []string
}

func (e *events) Eventf(_ runtime.Object, _, reason, format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, reason+": "+fmt.Sprintf(format, args...))
}

func (e *events) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.told...)
}

// eventually fails the test if what is said does not come true within 10 s.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
