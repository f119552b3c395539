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
	// DNS is where pods look for names. By default, nobody answers there.
	DNS string
	// Proxy is kube-proxy, by which pods reach Services; without it they reach kube-apiserver only. A
	// Machine heeds it.
	Proxy string
	// Prepare is a script that a Machine runs when it starts, before its servers.
	Prepare string
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
	n.scheduler, err = StartScheduler(ctx, n.options.Binaries, n.options.Cluster, n.options.LogDir)
	return err
}

// StartScheduler starts the scheduler, of which a cluster has one, beside its control plane.
func StartScheduler(ctx context.Context, binaries bench.NodeBinaries, cluster *bench.Cluster, logDir string) (*bench.Process, error) {
	return bench.StartProcess(ctx, bench.ProcessOptions{
		Path: binaries.Scheduler,
		Args: []string{
			"--kubeconfig=" + cluster.Kubeconfig(),
			"--leader-elect=false",
			// It serves nothing that anybody here would ask for.
			"--secure-port=0",
		},
		Log: filepath.Join(logDir, "kube-scheduler.log"),
	})
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
