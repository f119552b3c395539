package reconciler

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// The reasons of the events about steps.
const (
	reasonClusterMade    = "HeketiClusterMade"
	reasonNodeAdded      = "NodeAdded"
	reasonDeviceAdded    = "DeviceAdded"
	reasonNodeRefused    = "NodeRefused"
	reasonDeviceRefused  = "DeviceRefused"
	reasonClusterRemoved = "HeketiClusterRemoved"
	reasonDeviceDraining = "DeviceDraining"
	reasonDeviceDrained  = "DeviceDrained"
	reasonDrainTakenBack = "DrainTakenBack"
	reasonNodeDrained    = "NodeDrained"
)

// labelOn is the value of the label of a storage node.
const labelOn = "true"

// take does a step. What heketi refuses is noted, and no error: others go on.
func (r *Reconciler) take(ctx context.Context, one *object, step disks.Step) error {
	begun, failures := time.Now(), r.failuresOf(one.state.Name)
	err := r.do(ctx, one, step)
	if said, refused := refusal(step, err); refused {
		klog.ErrorS(err, "heketi has refused a step for a GlusterCluster", "glusterCluster", one.state.Name, "step", step.String())
		failures.Note(step, said, time.Now())
		r.tellOfRefusal(one.state, step, said)
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot %s: %w", step, err)
	}
	delete(failures, step)
	if step.Do == disks.AddDevice {
		failures.Forget(disks.MoveBrick) // There is room that was not there before.
	}
	klog.InfoS("Done a step for a GlusterCluster", "glusterCluster", one.state.Name, "step", step.String(), "took", time.Since(begun))
	r.tellOfStep(one.state, step)
	return nil
}

// refusal is what heketi or gluster says of a step that it refuses.
func refusal(step disks.Step, err error) (said string, is bool) {
	if step.Do == disks.DetachPeer && err != nil {
		return err.Error(), true
	}
	return heketiapi.Said(err)
}

func (r *Reconciler) do(ctx context.Context, one *object, step disks.Step) error {
	switch step.Do {
	case disks.AddFinalizer:
		return r.setFinalizers(ctx, one, append(slices.Clone(one.state.Finalizers), glustercluster.Finalizer))
	case disks.RemoveFinalizer:
		others := slices.DeleteFunc(slices.Clone(one.state.Finalizers), func(name string) bool { return name == glustercluster.Finalizer })
		return r.setFinalizers(ctx, one, others)
	case disks.LabelNode:
		return r.label(ctx, step.Node, labelOn)
	case disks.UnlabelNode:
		return r.label(ctx, step.Node, nil)
	case disks.MakeCluster:
		_, err := r.config.Heketi.MakeCluster(ctx)
		return err
	case disks.AddNode:
		return r.config.Heketi.AddNode(ctx, step.Cluster, step.Node, step.Address, step.Zone)
	case disks.AddDevice:
		return r.config.Heketi.AddDevice(ctx, step.NodeID, step.Path, step.DestroyData)
	case disks.SetDeviceState:
		return r.config.Heketi.SetDeviceState(ctx, step.DeviceID, step.State)
	case disks.MoveBrick:
		defer func() { r.moved = time.Now() }()
		return r.config.Heketi.MoveBrick(ctx, step.BrickID)
	case disks.DeleteDevice:
		return r.config.Heketi.DeleteDevice(ctx, step.DeviceID)
	case disks.ForgetDevice:
		return r.config.Heketi.ForgetDevice(ctx, step.DeviceID)
	case disks.DetachPeer:
		return r.detach(ctx, one.state, step.Address)
	case disks.DeleteNode:
		return r.config.Heketi.DeleteNode(ctx, step.NodeID)
	case disks.DeleteCluster:
		return r.config.Heketi.DeleteCluster(ctx, step.Cluster)
	}
	return fmt.Errorf("unknown step %q", step.Do)
}

// setFinalizers writes the finalizers, unless somebody has changed the object meanwhile.
func (r *Reconciler) setFinalizers(ctx context.Context, one *object, finalizers []string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"finalizers": finalizers, "resourceVersion": one.state.ResourceVersion,
	}})
	if err != nil {
		return err
	}
	_, err = r.config.Objects.Resource(glustercluster.Resource).Patch(ctx, one.state.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// label sets the label of a storage node; nil takes it away.
func (r *Reconciler) label(ctx context.Context, node string, value any) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"labels": map[string]any{glustercluster.LabelStorageNode: value},
	}})
	if err != nil {
		return err
	}
	_, err = r.config.Client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// tellOfStep sends an event of what heketi has done.
func (r *Reconciler) tellOfStep(state *glustercluster.Object, step disks.Step) {
	events, about := r.config.Events, state.Reference(step.Field())
	switch step.Do {
	case disks.SetDeviceState, disks.DeleteDevice, disks.ForgetDevice, disks.DeleteNode:
		if !state.IsGoing() {
			r.tellOfDraining(state, step)
		}
	case disks.MakeCluster:
		events.Event(about, v1.EventTypeNormal, reasonClusterMade, "heketi has made a cluster")
	case disks.AddNode:
		events.Eventf(about, v1.EventTypeNormal, reasonNodeAdded, "heketi has added node %s with address %s", step.Node, step.Address)
	case disks.AddDevice:
		events.Eventf(about, v1.EventTypeNormal, reasonDeviceAdded, "heketi has added %s on node %s", step.Path, step.Node)
	case disks.DeleteCluster:
		events.Eventf(about, v1.EventTypeNormal, reasonClusterRemoved, "heketi has removed its cluster %s", step.Cluster)
	}
}

// tellOfDraining sends an event of a step by which disks and nodes are drained.
func (r *Reconciler) tellOfDraining(state *glustercluster.Object, step disks.Step) {
	events, about := r.config.Events, state.Reference(step.Field())
	switch {
	case step.Do == disks.DeleteNode:
		events.Eventf(about, v1.EventTypeNormal, reasonNodeDrained, "heketi has forgotten node %s, which is drained", step.Node)
	case step.Do != disks.SetDeviceState:
		events.Eventf(about, v1.EventTypeNormal, reasonDeviceDrained, "heketi has forgotten %s on node %s, which is drained: its bricks have moved away and have healed", step.Path, step.Node)
	case step.State == api.EntryStateOffline:
		events.Eventf(about, v1.EventTypeNormal, reasonDeviceDraining, "%s on node %s gets no new bricks any more", step.Path, step.Node)
	case step.State == api.EntryStateOnline:
		events.Eventf(about, v1.EventTypeNormal, reasonDrainTakenBack, "%s on node %s gets bricks again, since it is not to be drained any more", step.Path, step.Node)
	}
}

// tellOfRefusal sends an event of what heketi has refused. What it refuses of a removal is told by the condition.
func (r *Reconciler) tellOfRefusal(state *glustercluster.Object, step disks.Step, said string) {
	events, about := r.config.Events, state.Reference(step.Field())
	switch step.Do {
	case disks.AddNode:
		events.Eventf(about, v1.EventTypeWarning, reasonNodeRefused, "node %s: %s", step.Node, disks.Explain(step, said))
	case disks.AddDevice:
		events.Eventf(about, v1.EventTypeWarning, reasonDeviceRefused, "%s on node %s: %s", step.Path, step.Node, disks.Explain(step, said))
	}
}
