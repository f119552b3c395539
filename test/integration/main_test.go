package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/test/bench"
)

// ourNamespace and ourAccount are what deploy/ names.
const (
	ourNamespace = "glusterfs-provisioner"
	ourAccount   = "glusterfs-provisioner"
)

// environment is what all tests share.
type environment struct {
	root       string
	cluster    *bench.Cluster
	client     kubernetes.Interface
	events     cache.Indexer
	binary     string
	kubeconfig string
	logs       string
}

var env environment

func TestMain(m *testing.M) {
	os.Exit(bench.Tests{SetUp: setUp, Test: m.Run, CheckRights: checkPermissions}.Run())
}

// setUp starts the cluster, installs deploy/ and builds the provisioner. What it
// returns undoes that, whether or not it succeeded.
func setUp(ctx context.Context) (stop func() error, err error) {
	stop = func() error { return nil }
	if env.root, err = bench.Root("."); err != nil {
		return stop, err
	}
	if env.logs, err = os.MkdirTemp("", "glusterfs-provisioner-logs-"); err != nil {
		return stop, err
	}
	stop = func() error { return os.RemoveAll(env.logs) }
	auditArgs, err := auditLog().Args()
	if err != nil {
		return stop, err
	}
	version := bench.Kubernetes(os.Getenv("KUBERNETES"))
	if env.cluster, err = bench.StartCluster(ctx, bench.Options{Kubernetes: version, APIServerArgs: auditArgs}); err != nil {
		return stop, err
	}
	stop = func() error { return errors.Join(env.cluster.Stop(), os.RemoveAll(env.logs)) }
	if env.client, err = kubernetes.NewForConfig(env.cluster.AdminConfig()); err != nil {
		return stop, err
	}
	if env.events, err = watchEvents(ctx, env.client); err != nil {
		return stop, err
	}
	if output, err := env.cluster.Kubectl(ctx, "apply", "-f", filepath.Join(env.root, "deploy")); err != nil {
		return stop, fmt.Errorf("kubectl apply -f deploy/: %w: %s", err, output)
	}
	if env.kubeconfig, err = env.cluster.ServiceAccountKubeconfig(ctx, ourNamespace, ourAccount); err != nil {
		return stop, err
	}
	env.binary, err = bench.BuildRacing(ctx, env.root, "glusterfs-provisioner")
	return stop, err
}
