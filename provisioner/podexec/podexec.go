// Package podexec runs commands in pods.
package podexec

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
)

// Run runs a command in a container of a pod, as kubectl exec does. If the command ends with an exit status,
// the error is an exec.CodeExitError of client-go. Nothing is written after Run has returned, though client-go goes on for a
// while when the context has ended.
func Run(ctx context.Context, client kubernetes.Interface, config *rest.Config, in Container, words []string, stdout, stderr io.Writer) error {
	request := client.CoreV1().RESTClient().Post().Resource("pods").Namespace(in.Namespace).Name(in.Pod).SubResource("exec").
		VersionedParams(&v1.PodExecOptions{Container: in.Name, Command: words, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(config, "POST", request.URL())
	if err != nil {
		return err
	}
	out, errs := &gate{to: stdout}, &gate{to: stderr}
	defer out.close()
	defer errs.close()
	return executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: out, Stderr: errs})
}

// gate passes on what is written until it is closed.
type gate struct {
	mu     sync.Mutex
	to     io.Writer
	closed bool
}

func (g *gate) Write(part []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return 0, io.ErrClosedPipe
	}
	return g.to.Write(part)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// Printed runs a command in a container of a pod, and returns what it printed, also if it fails.
func Printed(ctx context.Context, client kubernetes.Interface, config *rest.Config, in Container, words []string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	err := Run(ctx, client, config, in, words, &stdout, &stderr)
	if err != nil {
		err = fmt.Errorf("cannot run %q in the pod %s/%s: %w: %s", strings.Join(words, " "), in.Namespace, in.Pod, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), err
}

// Container is a container of a pod.
type Container struct{ Namespace, Pod, Name string }

// FirstOf is the first container of a pod, in which heketi runs its commands, too.
func FirstOf(pod *v1.Pod) Container {
	return Container{pod.Namespace, pod.Name, pod.Spec.Containers[0].Name}
}
