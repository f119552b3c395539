package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/test/bench"
)

// soon bounds what takes a second on a machine that has nothing else to do.
const soon = time.Minute

// environment is what all tests share.
type environment struct {
	root    string
	cluster *bench.Cluster
	heketi  bench.HeketiBinaries
	// binary is the keeper.
	binary, provisioner string
	client              kubernetes.Interface
	// objects is for GlusterClusters.
	objects dynamic.Interface
	// installed is what is installed into a cluster, but in a namespace of its own for each test.
	installed installation
	kubelets  *kubelets
	logs      string
}

var env environment

func TestMain(m *testing.M) {
	os.Exit(bench.Tests{SetUp: setUp, Test: m.Run, CheckRights: checkRights}.Run())
}

// setUp starts the cluster and builds the keeper and heketi. What it returns undoes that, whether or not it succeeded.
func setUp(ctx context.Context) (stop func() error, err error) {
	stop = func() error {
		var err error
		if env.kubelets != nil {
			env.kubelets.end()
		}
		if env.cluster != nil {
			err = env.cluster.Stop()
		}
		return errors.Join(err, os.RemoveAll(env.logs))
	}
	if env.root, err = bench.Root("."); err != nil {
		return stop, err
	}
	if env.logs, err = os.MkdirTemp("", "heketi-keeper-logs-"); err != nil {
		return stop, err
	}
	if env.installed, err = readInstallation(); err != nil {
		return stop, err
	}
	if env.kubelets, err = startKubelets(ctx); err != nil {
		return stop, err
	}
	for _, step := range []func(context.Context) error{startCluster, buildPrograms, defineGlusterClusters, installProvisioner} {
		if err := step(ctx); err != nil {
			return stop, err
		}
	}
	return stop, nil
}

func startCluster(ctx context.Context) error {
	auditArgs, err := auditLog().Args()
	if err != nil {
		return err
	}
	if env.cluster, err = bench.StartCluster(ctx, bench.Options{
		Kubernetes: bench.Kubernetes(os.Getenv("KUBERNETES")), APIServerArgs: auditArgs,
		// The nodes of these tests have no kubelets that tell how they are, which these controllers would notice.
		ControllerManagerArgs: []string{"--controllers=*,-nodelifecycle,-podgc"},
	}); err != nil {
		return err
	}
	if env.client, err = kubernetes.NewForConfig(env.cluster.AdminConfig()); err != nil {
		return err
	}
	env.objects, err = dynamic.NewForConfig(env.cluster.AdminConfig())
	return err
}

func buildPrograms(ctx context.Context) (err error) {
	if env.heketi, err = bench.BuildHeketi(ctx, env.root, os.Stderr); err != nil {
		return err
	}
	if env.binary, err = bench.BuildRacing(ctx, env.root, "heketi-keeper"); err != nil {
		return err
	}
	env.provisioner, err = bench.BuildRacing(ctx, env.root, "glusterfs-provisioner")
	return err
}

// installProvisioner installs what provisioners need, but no provisioner.
func installProvisioner(ctx context.Context) error {
	manifests, err := bench.Manifests(env.root)
	if err != nil {
		return err
	}
	for _, manifest := range manifests {
		if output, err := env.cluster.Kubectl(ctx, "apply", "-f", manifest); err != nil {
			return fmt.Errorf("kubectl apply -f %s: %w: %s", manifest, err, output)
		}
	}
	return nil
}

// defineGlusterClusters has the API server serve GlusterClusters.
func defineGlusterClusters(ctx context.Context) error {
	file := filepath.Join(env.root, "deploy", "glusterfs", "10-glusterclusters.yaml")
	if _, err := env.cluster.Kubectl(ctx, "apply", "-f", file); err != nil {
		return err
	}
	_, err := env.cluster.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "-f", file)
	return err
}
