package stack

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/node"
	"glusterfs-provisioner/test/e2e/person"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// page is what the tests follow.
const page = "docs/install-gluster.md"

// environment is what all tests share.
type environment struct {
	root, logs string
	programs   programs
	sandbox    *sandbox.Sandbox
	cluster    *bench.Cluster
	network    gluster.Network
	// requests are those of heketi and its keeper.
	requests bench.AuditLog
	// images are archives of what pods run.
	images   []string
	machines []*machine
	person   *person.Person
}

var env environment

const (
	// setUpBound is how long it may take until everything runs.
	setUpBound = 15 * time.Minute
	// patience bounds what takes seconds on a machine that does nothing else.
	patience = 8 * time.Minute
	// pace is how often is looked whether it is done.
	pace = time.Second
	// commandBound is how long one command may take, even one that waits.
	commandBound = 11 * time.Minute
)

// setUp starts a cluster whose nodes have empty disks, and says what it does. It all ends with the sandbox.
func setUp(ctx context.Context, root, logs string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, setUpBound)
	defer cancel()
	env.root, env.logs = root, logs
	if env.programs, err = prepare(ctx, env.root); err != nil {
		return err
	}
	if env.sandbox, err = sandbox.Enter(ctx, env.logs); err != nil {
		return err
	}
	if err := sandbox.Start(ctx, "stack",
		sandbox.Part{Name: "etcd, kube-apiserver, kube-controller-manager, kube-scheduler " + string(version()) + " and CoreDNS", Start: startCluster},
		sandbox.Part{Name: "three machines with containerd, kubelet and kube-proxy", Start: startMachines},
	); err != nil {
		return err
	}
	return invite()
}

func startCluster(ctx context.Context) (err error) {
	if env.network, err = gluster.MakeNetwork(ctx); err != nil {
		return err
	}
	env.requests = bench.AuditLog{Folder: env.logs, Namespace: "glusterfs", Account: "heketi"}
	audit, err := env.requests.Args()
	if err != nil {
		return err
	}
	env.cluster, err = bench.StartCluster(ctx, bench.Options{Kubernetes: version(), Address: gluster.NodeAddress, APIServerArgs: audit, LogDir: env.logs})
	if err != nil {
		return err
	}
	if _, err := env.cluster.StartDNS(ctx, env.programs.services, gluster.NodeAddress); err != nil {
		return err
	}
	_, err = node.StartScheduler(ctx, env.programs.node, env.cluster, env.logs)
	return err
}

func startMachines(ctx context.Context) error {
	folder, err := env.sandbox.Folder("images")
	if err != nil {
		return err
	}
	env.images, err = node.BuildImages(ctx, node.ImageSources{
		Root: env.root, Provisioner: env.programs.provisioner, Plugin: env.programs.plugin, Pause: env.programs.pause,
		Keeper: env.programs.keeper, Heketi: env.programs.heketi.Server,
	}, folder)
	if err != nil {
		return err
	}
	env.images = append(env.images, env.programs.hostImage)
	if env.programs.newerHostImage != "" {
		env.images = append(env.images, env.programs.newerHostImage)
	}
	starts, startCtx := errgroup.WithContext(ctx)
	for number := range 3 {
		m, err := addMachine(ctx, env.images, number+1)
		if err != nil {
			return err
		}
		env.machines = append(env.machines, m)
		starts.Go(func() error { return m.On(startCtx) })
	}
	return starts.Wait()
}

// invite has a person read the page, who has the files with the names of the images put into them, and
// has written a GlusterCluster of the machines.
func invite() (err error) {
	folder, err := env.sandbox.Folder("person")
	if err != nil {
		return err
	}
	env.person, err = person.New(person.Options{
		Root: env.root, Page: page, Folder: folder, Bound: commandBound, Given: []string{"deploy", "examples"},
		Fill: strings.NewReplacer(
			"image: glusterfs-provisioner:0.1.0", "image: "+node.ProvisionerImage,
			"image: glusterfs-csi-node:0.1.0", "image: "+node.PluginImage,
			"image: heketi-keeper:0.1.0", "image: "+node.KeeperImage,
			"image: glusterfs-host:0.1.0", "image: "+node.HostImage,
			"http://heketi.example.com:8080", "http://heketi.glusterfs:8080",
			// The machine's kernel has none of device-mapper.
			"            - preflight\n", "            - preflight\n            - --skip=modules\n",
		),
		Programs:    []string{filepath.Dir(env.programs.cluster.Kubectl), filepath.Dir(env.programs.provisioner)},
		Environment: []string{"KUBECONFIG=" + env.cluster.Kubeconfig()},
	})
	return err
}
