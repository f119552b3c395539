package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/keeper/glusterpods"
	"glusterfs-provisioner/keeper/maintenance"
)

// Options are what a person chooses.
type Options struct {
	// Namespace and DaemonSet say which pods are meant.
	Namespace, DaemonSet string
	// Timeout bounds each wait: until all is whole, and until a pod's successor is ready.
	Timeout time.Duration
	// Restart replaces pods of the present template, too.
	Restart bool
	// AllowOutage goes on where volumes stop meanwhile.
	AllowOutage bool
	// RaiseOpVersion has the pool speak the newest protocol that all hosts know.
	RaiseOpVersion bool
}

// Rollout replaces pods.
type Rollout struct {
	Options
	Client kubernetes.Interface
	// Run runs a command in a pod's first container, and returns what it printed to its standard output.
	Run func(ctx context.Context, pod *v1.Pod, words []string) ([]byte, error)
	// Lease is held while pods are replaced.
	Lease *maintenance.Lease
	// Tell is told what is done and what is waited for, in sentences.
	Tell func(sentence string)
}

// StoppedError is why the rollout does not go on: something is not as it must be, and needs somebody.
type StoppedError struct {
	Says string
}

func (e *StoppedError) Error() string { return e.Says }

func stopped(format string, args ...any) error { return &StoppedError{fmt.Sprintf(format, args...)} }

// pace is how often is looked at pods and volumes that are waited for.
const pace = 2 * time.Second

// Replace replaces all pods that are to be replaced. It returns a StoppedError if it must not go on.
func (r *Rollout) Replace(ctx context.Context) error {
	if err := r.checkRights(ctx, r.rights()); err != nil {
		return err
	}
	// What is refused waits for nobody.
	if _, err := r.fleet(ctx); err != nil {
		return err
	}
	return r.alone(ctx, r.replaceAll)
}

func (r *Rollout) replaceAll(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	for {
		more, err := r.replaceNext(ctx)
		if err != nil {
			return err
		}
		if !more {
			return r.finish(ctx)
		}
	}
}

// begin says what there is to do.
func (r *Rollout) begin(ctx context.Context) error {
	f, err := r.fleet(ctx)
	if err != nil {
		return err
	}
	if r.Restart && len(f.older()) == 0 {
		if f, err = r.restart(ctx, f); err != nil {
			return err
		}
	}
	r.tell("%s", toDo(f))
	return nil
}

// restart has all pods replaced, unless that would be refused.
func (r *Rollout) restart(ctx context.Context, f fleet) (fleet, error) {
	seen, err := r.waitWhole(ctx, "before all pods are replaced")
	if err != nil {
		return fleet{}, err
	}
	if err := r.checkOutages(seen, f.pods); err != nil {
		return fleet{}, err
	}
	return r.markRestarted(ctx)
}

// toDo says which pods are to be replaced.
func toDo(f fleet) string {
	older := f.older()
	called := fmt.Sprintf("DaemonSet %s/%s", f.daemonSet.Namespace, f.daemonSet.Name)
	if len(older) == 0 {
		return fmt.Sprintf("%s: all %d pods have its template", called, len(f.pods))
	}
	names := make([]string, len(older))
	for i, pod := range older {
		names[i] = fmt.Sprintf("%s on node %s", pod.Name, pod.Spec.NodeName)
	}
	return fmt.Sprintf("%s: %d of %d pods have to be replaced, since their template is older, in this order: %s", called, len(older), len(f.pods), strings.Join(names, ", "))
}

// replaceNext replaces one pod, and says whether there may be more.
func (r *Rollout) replaceNext(ctx context.Context) (more bool, err error) {
	f, err := r.fleet(ctx)
	if err != nil {
		return false, err
	}
	older := f.older()
	if len(older) == 0 {
		return false, nil
	}
	next := older[0]
	if glusterpods.IsRunning(next) {
		seen, err := r.waitWhole(ctx, fmt.Sprintf("before pod %s on node %s is replaced", next.Name, next.Spec.NodeName))
		if err != nil {
			return false, err
		}
		if err := r.checkOutages(seen, older); err != nil {
			return false, err
		}
		// Asking gluster takes its time, in which pods may have changed.
		now, err := r.fleet(ctx)
		if err != nil {
			return false, err
		}
		if older := now.older(); len(now.problems()) > 0 || len(older) == 0 || older[0].UID != next.UID {
			return true, nil
		}
	}
	return true, r.replace(ctx, next)
}

// checkOutages refuses to take hosts away without which volumes stop, unless that is allowed.
func (r *Rollout) checkOutages(seen sight, older []*v1.Pod) error {
	var hosts []string
	for _, pod := range older {
		for _, host := range seen.hosts {
			if host.pod.Spec.NodeName == pod.Spec.NodeName {
				hosts = append(hosts, host.pool.ID)
			}
		}
	}
	stop := seen.outages(hosts)
	if len(stop) == 0 || r.AllowOutage {
		return nil
	}
	return stopped("these volumes have too few replicas, and stop while a pod is replaced: %s. To do: if their pods can bear that, add --allow-outage", strings.Join(stop, ", "))
}

// replace deletes a pod and waits until its successor is ready.
func (r *Rollout) replace(ctx context.Context, pod *v1.Pod) error {
	// The machine of who types may have slept since the Lease was renewed.
	if _, err := r.Lease.Take(ctx); err != nil {
		return err
	}
	err := r.Client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *metav1.NewPreconditionDeleteOptions(string(pod.UID)))
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("cannot delete the pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	start := time.Now()
	r.tell("node %s: deleted pod %s", pod.Spec.NodeName, pod.Name)
	err = r.wait(ctx, "node "+pod.Spec.NodeName, func(ctx context.Context) ([]string, error) {
		f, err := r.fleet(ctx)
		if err != nil {
			return nil, err
		}
		successor := f.successor(pod)
		if successor == nil {
			return []string{"there is no new pod yet"}, nil
		}
		if problem := podProblem(successor); problem != "" {
			return []string{problem}, nil
		}
		return nil, nil
	})
	var late *lateError
	if errors.As(err, &late) {
		return stopped("node %s: no pod got ready in %s after pod %s: %s. No other pod was touched since. To do: mend that, and type the command again", pod.Spec.NodeName, r.Timeout, pod.Name, late.missing)
	}
	if err != nil {
		return err
	}
	r.tell("node %s: the new pod is ready after %s", pod.Spec.NodeName, time.Since(start).Round(time.Second))
	return nil
}

// finish waits until all is whole after the last pod, and sees to the op-version.
func (r *Rollout) finish(ctx context.Context) error {
	if _, err := r.waitWhole(ctx, "at the end"); err != nil {
		return err
	}
	r.tell("all pods have the template of the DaemonSet, and all is whole")
	return r.seeToOpVersion(ctx)
}

func (r *Rollout) tell(format string, args ...any) { r.Tell(fmt.Sprintf(format, args...)) }
