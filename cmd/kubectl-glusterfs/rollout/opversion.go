package rollout

import (
	"context"
	"fmt"
	"strconv"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
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
	hosts := r.askHosts(ctx, f.pods)
	for _, host := range hosts {
		if host.err != nil {
			return host.err
		}
	}
	for _, host := range onePerPool(hosts) {
		if err := r.seeToOpVersionOf(ctx, host.pod); err != nil {
			return fmt.Errorf("the op-version of the pool of node %s: %w", host.pod.Spec.NodeName, err)
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
	if err := r.checkClients(ctx, pod, known); err != nil {
		return err
	}
	if _, err := glustercli.Ask(ctx, r.in(pod), glusterxml.ReadDone, "volume", "set", "all", opVersion, strconv.Itoa(known)); err != nil {
		return err
	}
	r.tell("raised the op-version of the pool of node %s from %d to %d", pod.Spec.NodeName, now, known)
	return nil
}

// checkClients refuses an op-version that a client that is connected does not know: it could not mount again.
func (r *Rollout) checkClients(ctx context.Context, pod *v1.Pod, wanted int) error {
	bricks, err := r.askClients(ctx, pod)
	if err != nil {
		return err
	}
	var old []string
	for _, brick := range bricks {
		for _, client := range brick.Clients {
			if client.OpVersion < wanted {
				old = append(old, fmt.Sprintf("%s of volume %s knows up to %d", client.Address, brick.Volume, client.OpVersion))
			}
		}
	}
	if len(old) > 0 {
		return stopped("clients do not know %d, and could not mount again: %s. To do: replace the clients first, and have their pods start anew; then type the command again", wanted, inWords(old))
	}
	return nil
}

// number asks for an option of all volumes that is a number.
func (r *Rollout) number(ctx context.Context, pod *v1.Pod, option string) (int, error) {
	value, err := glustercli.Ask(ctx, r.in(pod), func(printed []byte) (string, error) { return glusterxml.ReadOption(printed, option) }, "volume", "get", "all", option)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(value)
}
