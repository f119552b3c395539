package classes

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/provisioner/work"
)

// The reasons of the events on classes.
const (
	// ReasonInvalid: claims of the class get no volume. The message says why.
	ReasonInvalid = "StorageClassInvalid"
	// ReasonValid: what an event with ReasonInvalid said is mended.
	ReasonValid = "StorageClassValid"
	// ReasonAdvice: claims get volumes, but the class should be otherwise.
	ReasonAdvice = "StorageClassParameter"
)

const (
	// grace is how long a new class is left alone. Its Secret may be applied right after it.
	grace = 2 * time.Second
	// leastPause and mostPause bound how soon a Secret that was wrong is read again: after half
	// as long as it has been wrong.
	leastPause = 5 * time.Second
	mostPause  = 5 * time.Minute
)

// Heketis finds the key of a class. It asks no heketi.
type Heketis interface {
	ConnectAs(ctx context.Context, params *parameters.Parameters, class string) (*heketi.Client, error)
}

// Dependencies is what Verdicts work with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose classes are judged.
	Provisioner string
	// Classes is the cache of StorageClasses.
	Classes storagelisters.StorageClassLister
	Heketis Heketis
	// Mounted returns the kind of source that volumes get where a class leaves the choice.
	Mounted func(context.Context) volume.Source
	// Events has to shorten messages to what an event can hold.
	Events record.EventRecorder
}

// Verdicts says which classes claims can get volumes of, and tells in events on those of
// which they cannot. It is safe for concurrent use.
type Verdicts struct {
	Dependencies
	queue workqueue.RateLimitingInterface

	mu     sync.Mutex
	byName map[string]verdict
}

// verdict is what was told of a class.
type verdict struct {
	uid types.UID
	// wrong and advice are what the events said; empty if there was none.
	wrong, advice string
	// since is when it was first told so.
	since time.Time
}

// New returns verdicts on no class. Classes are told to its Handler, and judged by Run.
func New(dependencies Dependencies) *Verdicts {
	limiter := workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Minute)
	return &Verdicts{
		Dependencies: dependencies,
		queue:        workqueue.NewNamedRateLimitingQueue(limiter, "storageclasses"),
		byName:       map[string]verdict{},
	}
}

// Handler has a class judged that is made, changed or gone, and at each resync again.
func (v *Verdicts) Handler() cache.ResourceEventHandler {
	judge := func(object any) {
		if class, ok := caches.LastKnown[*storagev1.StorageClass](object); ok {
			v.queue.AddAfter(class.Name, grace)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    judge,
		UpdateFunc: func(_, now any) { judge(now) },
		DeleteFunc: judge,
	}
}

// Run judges classes until the context ends.
func (v *Verdicts) Run(ctx context.Context) {
	work.Run(ctx, v.queue, 1, "The StorageClass cannot be judged yet", about, v.judge)
}

// about has the log tell of the class of that name.
func about(ctx context.Context, name string) context.Context {
	return klog.NewContext(ctx, klog.FromContext(ctx).WithValues("class", name))
}

// Valid returns the names of the classes that were judged, and whether claims can get
// volumes of them as far as is known without their heketis.
func (v *Verdicts) Valid() map[string]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	valid := make(map[string]bool, len(v.byName))
	for name, verdict := range v.byName {
		valid[name] = verdict.wrong == ""
	}
	return valid
}

// judge judges one class. What is wrong with its Secret may be mended while nothing of the
// class changes, so it is judged again later.
func (v *Verdicts) judge(ctx context.Context, name string) error {
	class, err := v.Classes.Get(name)
	switch {
	case apierrors.IsNotFound(err):
		v.forget(name)
		return nil
	case err != nil:
		return err
	case class.Provisioner != v.Provisioner:
		v.forget(name)
		return nil
	}
	params, problems := Problems(class, v.Mounted(ctx))
	if params == nil {
		v.tell(class, "parameters cannot be changed, so delete the class and make it again: "+strings.Join(problems, "; "), nil)
		return nil
	}
	_, unusable := v.Heketis.ConnectAs(ctx, params, name)
	if reach.IsUnread(unusable) {
		return unusable
	}
	if unusable != nil {
		problems = append(problems, unusable.Error())
	}
	told := v.tell(class, strings.Join(problems, "; "), Advice(class, params))
	if unusable != nil {
		return again(min(max(time.Since(told.since)/2, leastPause), mostPause))
	}
	return nil
}

func (v *Verdicts) forget(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.byName, name)
}

// tell sends events if something else is to be said of a class than was said before.
func (v *Verdicts) tell(class *storagev1.StorageClass, wrong string, advice []string) verdict {
	now := verdict{uid: class.UID, wrong: wrong, advice: strings.Join(advice, " "), since: time.Now()}
	v.mu.Lock()
	before := v.byName[class.Name]
	if before.uid == now.uid && before.wrong == now.wrong {
		now.since = before.since
	}
	v.byName[class.Name] = now
	v.mu.Unlock()

	if before.uid != now.uid {
		before = verdict{}
	}
	if before.wrong != now.wrong {
		v.tellOfProblems(class, wrong)
	}
	if before.advice != now.advice && now.advice != "" {
		v.Events.Event(class, v1.EventTypeWarning, ReasonAdvice, now.advice)
	}
	return now
}

func (v *Verdicts) tellOfProblems(class *storagev1.StorageClass, wrong string) {
	if wrong == "" {
		v.Events.Event(class, v1.EventTypeNormal, ReasonValid, "what was wrong is mended, so claims can get volumes now, as far as is known without asking heketi")
		return
	}
	v.Events.Event(class, v1.EventTypeWarning, ReasonInvalid, "claims get no volume: "+wrong)
}

// again is a work.Later: the Secret of a class was wrong, and may be mended by then.
type again time.Duration

func (a again) Error() string { return fmt.Sprintf("it is judged again after %v", time.Duration(a)) }

// After returns the pause.
func (a again) After() time.Duration { return time.Duration(a) }

var _ work.Later = again(0)
