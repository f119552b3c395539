package reconciler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
)

// The reasons of the events about how an object is.
const (
	reasonReady          = "GlusterClusterReady"
	reasonNotReady       = "GlusterClusterNotReady"
	reasonRemovalBlocked = "RemovalBlocked"
	reasonDrainBlocked   = "DrainBlocked"
	reasonDrainWaits     = "DrainWaits"
)

// watchPause is how long a watch that has ended is left alone.
const watchPause = time.Second

// object is a GlusterCluster as the API server has it, and as Go has it.
type object struct {
	found *unstructured.Unstructured
	state *glustercluster.Object
}

// list returns the objects of this heketi, the oldest first.
func (r *Reconciler) list(ctx context.Context) ([]*object, error) {
	list, err := r.config.Objects.Resource(glustercluster.Resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot list %s: %w; they are defined by deploy/glusterfs/10-glusterclusters.yaml", glustercluster.Resource.Resource, err)
	}
	var objects []*object
	for i := range list.Items {
		state, err := glustercluster.Read(&list.Items[i])
		if err != nil {
			return nil, err
		}
		if wanted := state.Spec.Heketi; wanted != nil && *wanted == (glustercluster.Heketi{Namespace: r.config.Namespace, Name: r.config.Name}) {
			objects = append(objects, &object{&list.Items[i], state})
		}
	}
	slices.SortFunc(objects, func(a, b *object) int {
		if older := a.state.CreationTimestamp.Compare(b.state.CreationTimestamp.Time); older != 0 {
			return older
		}
		return strings.Compare(a.state.Name, b.state.Name)
	})
	return objects, nil
}

// watch tells of changes until the context ends. What it misses is seen at the next look.
func (r *Reconciler) watch(ctx context.Context, changed chan<- struct{}) {
	for ctx.Err() == nil {
		watched, err := r.config.Objects.Resource(glustercluster.Resource).Watch(ctx, metav1.ListOptions{})
		if err == nil {
			for range watched.ResultChan() {
				select {
				case changed <- struct{}{}:
				default:
				}
			}
			watched.Stop()
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchPause):
		}
	}
}

// writeStatus writes a status that is another one than before, and tells of what has changed.
func (r *Reconciler) writeStatus(ctx context.Context, one *object, status glustercluster.Status) error {
	before := one.state.Status
	if equality.Semantic.DeepEqual(before, status) {
		return nil
	}
	changed, err := glustercluster.WithStatus(one.found, status)
	if err != nil {
		return err
	}
	written, err := r.config.Objects.Resource(glustercluster.Resource).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("cannot write the status: %w", err)
	}
	one.found, one.state.ResourceVersion, one.state.Status = written, written.GetResourceVersion(), status
	r.tellOfConditions(one.state, before.Conditions)
	return nil
}

// tellOfConditions sends events of conditions that have changed.
func (r *Reconciler) tellOfConditions(state *glustercluster.Object, before []metav1.Condition) {
	if blocked := meta.FindStatusCondition(state.Status.Conditions, disks.ConditionRemovalBlocked); blocked != nil && blocked.Status == metav1.ConditionTrue {
		if was := meta.FindStatusCondition(before, disks.ConditionRemovalBlocked); was == nil || was.Message != blocked.Message {
			r.config.Events.Event(state.Reference(fieldOf(blocked)), v1.EventTypeWarning, reasonRemovalBlocked, blocked.Message)
		}
	}
	r.tellOfDrain(state, before)
	ready := meta.FindStatusCondition(state.Status.Conditions, disks.ConditionReady)
	was := meta.FindStatusCondition(before, disks.ConditionReady)
	if ready == nil || was != nil && was.Reason == ready.Reason {
		return
	}
	switch ready.Reason {
	case disks.AllReady:
		r.config.Events.Event(state.Reference(fieldOf(ready)), v1.EventTypeNormal, reasonReady, ready.Message)
	case disks.ClusterUnknown, disks.ClusterAmbiguous, disks.NodesRefused:
		r.config.Events.Event(state.Reference(fieldOf(ready)), v1.EventTypeWarning, reasonNotReady, ready.Message)
	}
}

// fieldOf is where a condition is in the object.
func fieldOf(condition *metav1.Condition) string {
	return fmt.Sprintf("status.conditions[%s]", condition.Type)
}

// tellOfDrain sends an event of a drain that has begun to wait for somebody.
func (r *Reconciler) tellOfDrain(state *glustercluster.Object, before []metav1.Condition) {
	draining := meta.FindStatusCondition(state.Status.Conditions, disks.ConditionDraining)
	was := meta.FindStatusCondition(before, disks.ConditionDraining)
	if draining == nil || was != nil && was.Reason == draining.Reason {
		return
	}
	switch draining.Reason {
	case disks.DrainBlocked:
		r.config.Events.Event(state.Reference(fieldOf(draining)), v1.EventTypeWarning, reasonDrainBlocked, draining.Message)
	case disks.WaitsForOthers:
		r.config.Events.Event(state.Reference(fieldOf(draining)), v1.EventTypeNormal, reasonDrainWaits, draining.Message)
	}
}

// tell writes into the status why there is no going on.
func (r *Reconciler) tell(ctx context.Context, one *object, err error) {
	if ctx.Err() != nil {
		return
	}
	klog.ErrorS(err, "Cannot see to the disks of a GlusterCluster", "glusterCluster", one.state.Name)
	if err := r.writeStatus(ctx, one, disks.Unavailable(one.state, err, time.Now())); err != nil {
		klog.ErrorS(err, "Cannot tell of it in the status", "glusterCluster", one.state.Name)
	}
}
