package cluster

import (
	"context"
	"io"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
)

// Run runs a command in the first container of a pod, as kubectl exec does. If the command ends with an exit status,
// the error is an exec.CodeExitError of client-go.
func (c Cluster) Run(ctx context.Context, pod *v1.Pod, words []string, stdout, stderr io.Writer) error {
	request := c.Client.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("exec").
		VersionedParams(&v1.PodExecOptions{Container: pod.Spec.Containers[0].Name, Command: words, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(c.Config, "POST", request.URL())
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: stdout, Stderr: stderr})
}
