package rollout

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
)

// rightsToLook are what it takes to see how all is.
func (r *Rollout) rightsToLook() []cluster.Right {
	return []cluster.Right{
		r.right("get", "apps", "daemonsets", ""), r.right("list", "apps", "controllerrevisions", ""),
		r.right("list", "", "pods", ""), r.right("create", "", "pods", "exec"),
		r.right("get", "coordination.k8s.io", "leases", ""),
	}
}

// rights are what it takes to replace pods.
func (r *Rollout) rights() []cluster.Right {
	rights := append(r.rightsToLook(), r.right("delete", "", "pods", ""),
		r.right("create", "coordination.k8s.io", "leases", ""), r.right("update", "coordination.k8s.io", "leases", ""))
	if r.Restart {
		rights = append(rights, r.right("patch", "apps", "daemonsets", ""))
	}
	return rights
}

func (r *Rollout) right(verb, group, resource, subresource string) cluster.Right {
	return cluster.Right{ResourceAttributes: authorizationv1.ResourceAttributes{
		Verb: verb, Group: group, Resource: resource, Subresource: subresource, Namespace: r.Namespace,
	}}
}

// checkRights refuses to begin what could not be ended.
func (r *Rollout) checkRights(ctx context.Context, wanted []cluster.Right) error {
	rights := cluster.Cluster{Client: r.Client}.OwnRights(ctx, wanted)
	if rights.Err != nil {
		return fmt.Errorf("your rights are not told: %w", rights.Err)
	}
	missing := make([]string, len(rights.Value.Missing))
	for i, right := range rights.Value.Missing {
		missing[i] = right.String()
	}
	if len(missing) > 0 {
		return fmt.Errorf("you may not %s. To do: have somebody do it who may, or give you a Role for that", strings.Join(missing, ", nor "))
	}
	return nil
}
