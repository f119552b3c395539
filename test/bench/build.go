package bench

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
)

// ClusterBinaries are the programs of a cluster.
type ClusterBinaries struct {
	Etcd, APIServer, ControllerManager, Kubectl string
}

// NodeBinaries are the programs by which pods run: kubelet on the node, and the
// scheduler that chooses it.
type NodeBinaries struct {
	Version            Kubernetes
	Kubelet, Scheduler string
}

// HeketiBinaries are heketi's programs.
type HeketiBinaries struct {
	Server, CLI string
}

// BuildCluster builds etcd and Kubernetes, unless they are there and current, into
// bin/bench of the repository, which is found from root upwards. Several processes
// may do so at once. It tells on log what takes long. The kubectl of
// DefaultKubernetes serves all versions.
func BuildCluster(ctx context.Context, root string, version Kubernetes, log io.Writer) (ClusterBinaries, error) {
	if err := version.check(); err != nil {
		return ClusterBinaries{}, err
	}
	etcd, err := etcdModule().build(ctx, root, log)
	if err != nil {
		return ClusterBinaries{}, err
	}
	kubectl, err := DefaultKubernetes.module("kubectl", "kubectl").build(ctx, root, log)
	if err != nil {
		return ClusterBinaries{}, err
	}
	servers, err := version.module("control-plane", "kube-apiserver", "kube-controller-manager").build(ctx, root, log)
	if err != nil {
		return ClusterBinaries{}, err
	}
	return ClusterBinaries{
		Etcd:              filepath.Join(etcd, "etcd"),
		APIServer:         filepath.Join(servers, "kube-apiserver"),
		ControllerManager: filepath.Join(servers, "kube-controller-manager"),
		Kubectl:           filepath.Join(kubectl, "kubectl"),
	}, nil
}

// BuildNode builds kubelet and kube-scheduler, in the way of BuildCluster.
func BuildNode(ctx context.Context, root string, version Kubernetes, log io.Writer) (NodeBinaries, error) {
	if err := version.check(); err != nil {
		return NodeBinaries{}, err
	}
	dir, err := version.module("node", "kubelet", "kube-scheduler").build(ctx, root, log)
	if err != nil {
		return NodeBinaries{}, err
	}
	return NodeBinaries{Version: version, Kubelet: filepath.Join(dir, "kubelet"), Scheduler: filepath.Join(dir, "kube-scheduler")}, nil
}

// BuildHeketi builds heketi, in the way of BuildCluster.
func BuildHeketi(ctx context.Context, root string, log io.Writer) (HeketiBinaries, error) {
	dir, err := heketiModule().build(ctx, root, log)
	if err != nil {
		return HeketiBinaries{}, err
	}
	return HeketiBinaries{Server: filepath.Join(dir, "heketi"), CLI: filepath.Join(dir, "heketi-cli")}, nil
}

// BuildCSISanity builds csi-sanity and returns the program, in the way of BuildCluster.
func BuildCSISanity(ctx context.Context, root string, log io.Writer) (string, error) {
	sanity := module{name: "csi-sanity", set: "csi-sanity", commands: []command{
		{"csi-sanity", "github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity"},
	}}
	dir, err := sanity.build(ctx, root, log)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "csi-sanity"), nil
}

// StorageSuiteBinaries are what runs Kubernetes' own storage suite.
type StorageSuiteBinaries struct {
	// Tests are all end-to-end tests of Kubernetes. Ginkgo runs them side by side.
	Tests, Ginkgo string
	// Agnhost is the program of the image that most pods of the suite run.
	Agnhost string
}

// BuildStorageSuite builds Kubernetes' own storage suite, in the way of
// BuildCluster.
func BuildStorageSuite(ctx context.Context, root string, version Kubernetes, log io.Writer) (StorageSuiteBinaries, error) {
	if version != DefaultKubernetes {
		return StorageSuiteBinaries{}, fmt.Errorf("the bench has the storage suite of Kubernetes %q only, not of %q", DefaultKubernetes, version)
	}
	suite := module{
		name: "kubernetes-e2e-" + string(version), set: "storage-suite", output: string(version), ldflags: version.versionFlags(),
		commands: []command{
			{"ginkgo", "github.com/onsi/ginkgo/v2/ginkgo"},
			{"agnhost", "k8s.io/kubernetes/test/images/agnhost"},
			{"e2e" + testSuffix, "k8s.io/kubernetes/test/e2e"},
		},
	}
	dir, err := suite.build(ctx, root, log)
	if err != nil {
		return StorageSuiteBinaries{}, err
	}
	return StorageSuiteBinaries{
		Tests: filepath.Join(dir, "e2e"+testSuffix), Ginkgo: filepath.Join(dir, "ginkgo"), Agnhost: filepath.Join(dir, "agnhost"),
	}, nil
}

// Helm is a major version of helm.
type Helm string

// The versions of helm that the bench has.
const (
	Helm3 Helm = "3"
	Helm4 Helm = "4"
)

// BuildHelm builds helm and returns the program, in the way of BuildCluster.
func BuildHelm(ctx context.Context, root string, version Helm, log io.Writer) (string, error) {
	name := "helm-" + string(version)
	helm := module{name: name, set: name, output: name, commands: []command{{"helm", "helm.sh/helm/v" + string(version) + "/cmd/helm"}}}
	dir, err := helm.build(ctx, root, log)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "helm"), nil
}

// BuildPrometheus builds the Prometheus server and returns the program, in the way of
// BuildCluster.
func BuildPrometheus(ctx context.Context, root string, log io.Writer) (string, error) {
	return buildPrometheus(ctx, root, "prometheus", log)
}

// BuildPromtool builds promtool, which checks and tests the rules of Prometheus, and returns
// the program, in the way of BuildCluster.
func BuildPromtool(ctx context.Context, root string, log io.Writer) (string, error) {
	return buildPrometheus(ctx, root, "promtool", log)
}

// buildPrometheus builds one of its programs, without its web pages, and without all ways of
// finding what to scrape but in Kubernetes.
func buildPrometheus(ctx context.Context, root, program string, log io.Writer) (string, error) {
	prometheus := module{
		name: "prometheus", set: program, tags: "remove_all_sd,enable_kubernetes_sd",
		commands: []command{{program, "github.com/prometheus/prometheus/cmd/" + program}},
	}
	dir, err := prometheus.build(ctx, root, log)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, program), nil
}

func etcdModule() module {
	return module{name: "etcd", set: "etcd", commands: []command{{"etcd", "go.etcd.io/etcd/server/v3"}}}
}

func heketiModule() module {
	return module{name: "heketi", folder: filepath.Join("keeper", "heketi"), set: "heketi", commands: []command{
		{"heketi", "github.com/heketi/heketi"},
		{"heketi-cli", "github.com/heketi/heketi/client/cli/go"},
	}}
}
