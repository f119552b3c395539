package rollout

import (
	"context"
	"fmt"
	"strconv"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glusterxml"
)

const (
	opVersion    = "cluster.op-version"
	maxOpVersion = "cluster.max-op-version"
)

// seeToOpVersion raises the op-version of each pool, by which its hosts and clients speak to one another, to what all
// its hosts know; or it says how to do that.
func (r *Rollout) seeToOpVersion(ctx context.Context) error {
	f, err := r.fleet(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, pod := range f.pods {
		pool, err := ask(ctx, r, pod, glusterxml.ReadPool, "pool", "list")
		if err != nil {
			return err
		}
		if seen[pool.ID] {
			continue
		}
		for _, peer := range pool.Peers {
			seen[peer.ID] = true
		}
		if err := r.seeToOpVersionOf(ctx, pod); err != nil {
			return fmt.Errorf("the op-version of the pool of node %s: %w", pod.Spec.NodeName, err)
		}
	}
	return nil
}

func (r *Rollout) seeToOpVersionOf(ctx context.Context, pod *v1.Pod) error {
	now, err := r.number(ctx, pod, opVersion)
	if err != nil {
		return err
	}
	known, err := r.number(ctx, pod, maxOpVersion)
	if err != nil || known <= now {
		return err
	}
	if !r.RaiseOpVersion {
		r.tell("the op-version of the pool of node %s is %d, and all its hosts know %d. To do: once all clients have that version, too, type the command with --op-version, or:\n"+
			"kubectl --namespace=%s exec %s -- gluster volume set all %s %d", pod.Spec.NodeName, now, known, pod.Namespace, pod.Name, opVersion, known)
		return nil
	}
	if _, err := ask(ctx, r, pod, glusterxml.ReadDone, "volume", "set", "all", opVersion, strconv.Itoa(known)); err != nil {
		return err
	}
	r.tell("raised the op-version of the pool of node %s from %d to %d", pod.Spec.NodeName, now, known)
	return nil
}

// number asks for an option of all volumes that is a number.
func (r *Rollout) number(ctx context.Context, pod *v1.Pod, option string) (int, error) {
	value, err := ask(ctx, r, pod, func(printed []byte) (string, error) { return glusterxml.ReadOption(printed, option) }, "volume", "get", "all", option)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(value)
}
