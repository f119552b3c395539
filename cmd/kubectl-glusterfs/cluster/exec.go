package cluster

import (
	"context"
	"io"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/podexec"
)

// Run runs a command in the first container of a pod, as podexec.Run does.
func (c Cluster) Run(ctx context.Context, pod *v1.Pod, words []string, stdout, stderr io.Writer) error {
	return podexec.Run(ctx, c.Client, c.Config, podexec.FirstOf(pod), words, stdout, stderr)
}
