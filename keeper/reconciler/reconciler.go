package reconciler

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/glusterpods"
	"glusterfs-provisioner/keeper/heketiapi"
	"glusterfs-provisioner/keeper/maintenance"
)

const (
	// shortly is when it is looked again at what has changed while it was looked at.
	shortly = time.Second
	// soon is when it is looked again at what is not ready, such as a pod that starts.
	soon = 5 * time.Second
	// later is when it is looked again though all is ready. Changes of objects are told before.
	later = 30 * time.Second
)

// Config says which objects there are, and what to do with them.
type Config struct {
	Client  kubernetes.Interface
	Objects dynamic.Interface
	// Namespace and Name are the heketi whose objects count; its GlusterFS pods are in that namespace, too.
	Namespace, Name string
	Heketi          *heketiapi.Client
	Events          record.EventRecorder
	// Run runs commands in GlusterFS pods.
	Run glusterpods.Run
	// Lease is held while GlusterFS has less by a step.
	Lease *maintenance.Lease
	// Observe is told of the objects, after each look at them.
	Observe func([]*glustercluster.Object)
}

// Reconciler has the disks follow the objects.
type Reconciler struct {
	config Config
	// failures are of each object, by its name.
	failures map[string]disks.Failures
	// volumes are those that were read, by their ids; their names and whether they have copies never change.
	volumes map[string]heketiapi.Volume
	// whole is when volumes of an object were last seen whole, by the object's name and theirs. moved is when a brick was last
	// moved, at first the start: the keeper before may have moved one.
	whole map[string]map[string]time.Time
	moved time.Time
	// held lasts as long as the Lease is held; nil if it is not. The next look goes on with it.
	held context.Context
	// unsure is whether a step may be going on still by which GlusterFS has less, since heketi has not told its end.
	unsure bool
}

// New returns a reconciler.
func New(config Config) *Reconciler {
	return &Reconciler{
		config: config, failures: map[string]disks.Failures{}, volumes: map[string]heketiapi.Volume{},
		whole: map[string]map[string]time.Time{}, moved: time.Now(),
	}
}

// Run works until the context ends.
func (r *Reconciler) Run(ctx context.Context) {
	changed := make(chan struct{}, 1)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.watch(ctx, changed)
	}()
	defer func() { <-watched }()
	for ctx.Err() == nil {
		wait, err := r.look(ctx)
		if err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "Cannot see to the disks")
			if wait = soon; apierrors.IsNotFound(err) {
				wait = later // Somebody has to define the objects first.
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// look does the next step of each object. It returns when to look again.
func (r *Reconciler) look(ctx context.Context) (wait time.Duration, err error) {
	objects, err := r.list(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { r.config.Observe(statesOf(objects)) }()
	r.forget(objects)
	wait = later
	took, failed := false, false
	for _, one := range objects {
		next, takes, err := r.advance(ctx, one, objects)
		took, failed, r.unsure = took || takes, failed || err != nil, r.unsure || takes && err != nil
		switch {
		case apierrors.IsConflict(err) || apierrors.IsNotFound(err):
			next = shortly // Somebody has changed or removed what was just read.
		case err != nil:
			r.tell(ctx, one, err)
			next = soon
		}
		wait = min(wait, next)
	}
	r.unsure = r.unsure && (took || failed)
	if !took && !r.unsure {
		r.release(ctx)
	}
	return wait, nil
}

// advance does the next step of an object, and says whether GlusterFS has less by it. What was done before for others counts.
func (r *Reconciler) advance(ctx context.Context, one *object, all []*object) (wait time.Duration, took bool, err error) {
	plan, err := r.plan(ctx, one, all)
	if err != nil {
		return 0, false, err
	}
	if err := r.writeStatus(ctx, one, plan.Status); err != nil {
		return 0, false, err
	}
	switch {
	case plan.Next.Do != disks.Nothing:
		return 0, plan.Next.TakesAway(), r.take(ctx, one, plan.Next)
	case plan.IsSettled:
		return later, false, nil
	}
	return soon, false, nil
}

// forget forgets what was of objects that are gone.
func (r *Reconciler) forget(objects []*object) {
	known := map[string]bool{}
	for _, one := range objects {
		known[one.state.Name] = true
	}
	for name := range r.failures {
		if !known[name] {
			delete(r.failures, name)
			delete(r.whole, name)
		}
	}
}

func statesOf(objects []*object) []*glustercluster.Object {
	states := make([]*glustercluster.Object, 0, len(objects))
	for _, one := range objects {
		states = append(states, one.state)
	}
	return states
}
