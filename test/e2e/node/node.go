package node

import (
	"context"
	"fmt"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/test/bench"
)

// Options say what node to start.
type Options struct {
	// Name is the node's name in Kubernetes.
	Name     string
	Cluster  *bench.Cluster
	Binaries bench.NodeBinaries
	// Address is the node's own.
	Address string
	// PodNetwork is where its pods have their addresses, such as 10.88.0.0/16.
	PodNetwork string
	// Cgroup is the one below which the pods' are made.
	Cgroup string
	// Images are archives of what pods run, see BuildImages.
	Images []string
	// KubeletDir is kubelet's folder, its --root-dir.
	KubeletDir string
	// Folder is an empty one for all that the node keeps.
	Folder string
	// LogDir is where the logs go.
	LogDir string
}

// Node is a node of a cluster. It is not safe for concurrent use.
type Node struct {
	options Options
	client  kubernetes.Interface

	containerd, scheduler, kubelet *bench.Process
}

// Start starts the node and waits until pods can run. It ends with the process
// that starts it.
func Start(ctx context.Context, options Options) (n *Node, err error) {
	n = &Node{options: options}
	if n.client, err = kubernetes.NewForConfig(options.Cluster.AdminConfig()); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		n.setUpNetwork, n.settleSysctls, n.startContainerd, n.importImages, n.startScheduler, n.setUpKubeletDir, n.StartKubelet,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("cannot start the node: %w", err)
		}
	}
	return n, nil
}

func (n *Node) startScheduler(ctx context.Context) (err error) {
	n.scheduler, err = bench.StartProcess(ctx, bench.ProcessOptions{
		Path: n.options.Binaries.Scheduler,
		Args: []string{
			"--kubeconfig=" + n.options.Cluster.Kubeconfig(),
			"--leader-elect=false",
			// It serves nothing that anybody here would ask for.
			"--secure-port=0",
		},
		Log: n.log("kube-scheduler"),
	})
	return err
}

// ready tells whether Kubernetes takes the node for ready.
func (n *Node) ready(ctx context.Context) error {
	node, err := n.client.CoreV1().Nodes().Get(ctx, n.options.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == v1.NodeReady && condition.Status == v1.ConditionTrue {
			return nil
		}
	}
	return fmt.Errorf("the node is not ready: %v", node.Status.Conditions)
}

func (n *Node) file(name string) string { return filepath.Join(n.options.Folder, name) }

func (n *Node) log(program string) string { return filepath.Join(n.options.LogDir, program+".log") }
