package bench

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// DefaultKubernetes is the version that is meant when none is given.
const DefaultKubernetes Kubernetes = "1.36.3"

// Kubernetes is a version of Kubernetes, such as "1.36.3", that has its module
// at test/modules/kubernetes-<version>.
type Kubernetes string

// ClusterBinaries are the programs of a cluster.
type ClusterBinaries struct {
	Etcd, APIServer, ControllerManager, Kubectl string
}

// HeketiBinaries are heketi's programs.
type HeketiBinaries struct {
	Server, CLI string
}

// Binaries are all programs of the bench.
type Binaries struct {
	Cluster ClusterBinaries
	Heketi  HeketiBinaries
}

// Build builds all programs of the bench, see BuildCluster and BuildHeketi.
func Build(ctx context.Context, root string, version Kubernetes, log io.Writer) (Binaries, error) {
	heketi, err := BuildHeketi(ctx, root, log)
	if err != nil {
		return Binaries{}, err
	}
	cluster, err := BuildCluster(ctx, root, version, log)
	if err != nil {
		return Binaries{}, err
	}
	return Binaries{Cluster: cluster, Heketi: heketi}, nil
}

// BuildCluster builds etcd and Kubernetes, unless they are there and current, into
// bin/bench of the repository, which is found from root upwards. Several processes
// may do so at once. It tells on log what takes long.
func BuildCluster(ctx context.Context, root string, version Kubernetes, log io.Writer) (ClusterBinaries, error) {
	if version == "" {
		version = DefaultKubernetes
	}
	etcd, err := etcdModule().build(ctx, root, log)
	if err != nil {
		return ClusterBinaries{}, err
	}
	kubernetes, err := version.module().build(ctx, root, log)
	if err != nil {
		return ClusterBinaries{}, err
	}
	return ClusterBinaries{
		Etcd:              filepath.Join(etcd, "etcd"),
		APIServer:         filepath.Join(kubernetes, "kube-apiserver"),
		ControllerManager: filepath.Join(kubernetes, "kube-controller-manager"),
		Kubectl:           filepath.Join(kubernetes, "kubectl"),
	}, nil
}

// BuildHeketi builds heketi, in the way of BuildCluster.
func BuildHeketi(ctx context.Context, root string, log io.Writer) (HeketiBinaries, error) {
	dir, err := heketiModule().build(ctx, root, log)
	if err != nil {
		return HeketiBinaries{}, err
	}
	return HeketiBinaries{Server: filepath.Join(dir, "heketi"), CLI: filepath.Join(dir, "heketi-cli")}, nil
}

func etcdModule() module {
	return module{name: "etcd", commands: []command{{"etcd", "go.etcd.io/etcd/server/v3"}}}
}

func heketiModule() module {
	return module{name: "heketi", commands: []command{
		{"heketi", "github.com/heketi/heketi"},
		{"heketi-cli", "github.com/heketi/heketi/client/cli/go"},
	}}
}

func (k Kubernetes) module() module {
	return module{
		name:    "kubernetes-" + string(k),
		output:  string(k),
		ldflags: k.versionFlags(),
		commands: []command{
			{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"},
			{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"},
			{"kubectl", "k8s.io/kubernetes/cmd/kubectl"},
		},
	}
}

// versionFlags are the linker flags that stamp the version, in both packages that
// carry one. Without them it does not parse, and clients that parse it fail.
func (k Kubernetes) versionFlags() string {
	major, rest, _ := strings.Cut(string(k), ".")
	minor, _, _ := strings.Cut(rest, ".")
	values := []string{
		"gitVersion=v" + string(k),
		"gitMajor=" + major,
		"gitMinor=" + minor,
		"gitTreeState=clean",
		// A module does not tell its commit.
		"gitCommit=" + strings.Repeat("0", 40),
		"buildDate=1970-01-01T00:00:00Z",
	}
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, value := range values {
			flags = append(flags, fmt.Sprintf("-X %s.%s", pkg, value))
		}
	}
	return strings.Join(flags, " ")
}
