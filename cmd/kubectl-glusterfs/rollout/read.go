package rollout

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// fleet reads the DaemonSet and its pods.
func (r *Rollout) fleet(ctx context.Context) (fleet, error) {
	daemonSet, err := r.daemonSet(ctx)
	if err != nil {
		return fleet{}, err
	}
	selector := metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(daemonSet.Spec.Selector)}
	revisions, err := r.Client.AppsV1().ControllerRevisions(r.Namespace).List(ctx, selector)
	if err != nil {
		return fleet{}, err
	}
	pods, err := r.Client.CoreV1().Pods(r.Namespace).List(ctx, selector)
	if err != nil {
		return fleet{}, err
	}
	f := newFleet(daemonSet, revisions.Items, pods.Items)
	if f.revision == "" {
		return fleet{}, fmt.Errorf("DaemonSet %s/%s has no ControllerRevision, by which its pods would be told apart", r.Namespace, r.DaemonSet)
	}
	return f, nil
}

// daemonSet reads the DaemonSet, once its controller has seen its present template.
func (r *Rollout) daemonSet(ctx context.Context) (*appsv1.DaemonSet, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	for {
		daemonSet, err := r.Client.AppsV1().DaemonSets(r.Namespace).Get(ctx, r.DaemonSet, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil, fmt.Errorf("there is no DaemonSet %s/%s. To do: kubectl apply -f deploy/glusterfs/, or name the namespace by --gluster-namespace; GlusterFS outside of Kubernetes has nothing to roll out", r.Namespace, r.DaemonSet)
		case err != nil:
			return nil, err
		case daemonSet.Spec.UpdateStrategy.Type != appsv1.OnDeleteDaemonSetStrategyType:
			return nil, stopped("DaemonSet %s/%s has updateStrategy %s, by which Kubernetes replaces pods by itself, without waiting for bricks to heal. To do: set it to OnDelete", r.Namespace, r.DaemonSet, daemonSet.Spec.UpdateStrategy.Type)
		case daemonSet.Status.ObservedGeneration >= daemonSet.Generation:
			return daemonSet, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("kube-controller-manager has not seen the present template of DaemonSet %s/%s: %w", r.Namespace, r.DaemonSet, ctx.Err())
		case <-time.After(pace):
		}
	}
}

// restartedAt is the annotation by which "kubectl rollout restart" makes another template of the same.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

// markRestarted makes all pods older than the template, as "kubectl rollout restart" does. So it is known which are still to be
// replaced if the command ends before all are.
func (r *Rollout) markRestarted(ctx context.Context) (fleet, error) {
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{%q:%q}}}}}`, restartedAt, time.Now().Format(time.RFC3339))
	if _, err := r.Client.AppsV1().DaemonSets(r.Namespace).Patch(ctx, r.DaemonSet, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		return fleet{}, fmt.Errorf("cannot mark DaemonSet %s/%s as restarted: %w", r.Namespace, r.DaemonSet, err)
	}
	return r.fleet(ctx)
}
