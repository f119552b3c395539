package e2e

import (
	"cmp"
	"context"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/node"
	"glusterfs-provisioner/test/e2e/person"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// kubeletDir is kubelet's folder: the one that KUBELET_DIR names, or the one of most nodes.
var kubeletDir = cmp.Or(os.Getenv("KUBELET_DIR"), "/var/lib/kubelet")

// ourNamespace and pluginNamespace are what deploy/ and deploy/csi/ name.
const (
	ourNamespace    = "glusterfs-provisioner"
	pluginNamespace = "glusterfs-csi"
)

// environment is what all tests share.
type environment struct {
	root, logs string
	programs   programs
	sandbox    *sandbox.Sandbox
	hosts      *gluster.Hosts
	heketi     *bench.Heketi
	cluster    *bench.Cluster
	client     kubernetes.Interface
	node       *node.Node
	// images are archives of what pods run.
	images []string
	person *person.Person
}

var env environment

// setUpBound is how long it may take until everything runs.
const setUpBound = 10 * time.Minute

// setUp starts everything, and says what it does. It all ends with the sandbox.
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
	if err := sandbox.Start(ctx, "e2e",
		sandbox.Part{Name: "three GlusterFS hosts", Start: startHosts},
		sandbox.Part{Name: "heketi, and the topology of the hosts", Start: startHeketi},
		sandbox.Part{Name: "etcd, kube-apiserver and kube-controller-manager " + string(version()), Start: startCluster},
		sandbox.Part{Name: "images, containerd, kubelet and kube-scheduler", Start: startNode},
		sandbox.Part{Name: "the provisioner and, where it is needed, the node plugin, with kubectl apply", Start: install},
	); err != nil {
		return err
	}
	return nil
}

func startHosts(ctx context.Context) error {
	folder, err := env.sandbox.Folder("gluster")
	if err != nil {
		return err
	}
	env.hosts, err = gluster.Start(ctx, gluster.Options{
		Folder: folder, LogDir: env.logs, LVM: env.programs.lvm, Hosts: 3, Disks: 2,
	})
	return err
}

func startHeketi(ctx context.Context) error {
	topology, err := env.hosts.WriteTopology()
	if err != nil {
		return err
	}
	env.heketi, err = bench.StartHeketi(ctx, bench.HeketiOptions{
		Auth: true, Settings: env.hosts.HeketiSettings(), TopologyFile: topology, Address: gluster.NodeAddress, LogDir: env.logs,
	})
	return err
}

func startCluster(ctx context.Context) (err error) {
	env.cluster, err = bench.StartCluster(ctx, bench.Options{
		Kubernetes: version(), Address: gluster.NodeAddress, LogDir: env.logs,
	})
	if err != nil {
		return err
	}
	env.client, err = kubernetes.NewForConfig(env.cluster.AdminConfig())
	return err
}

func startNode(ctx context.Context) error {
	folder, err := env.sandbox.Folder("node")
	if err != nil {
		return err
	}
	imageFolder, err := env.sandbox.Folder("images")
	if err != nil {
		return err
	}
	images, err := node.BuildImages(ctx, node.ImageSources{
		Root: env.root, Provisioner: env.programs.provisioner, Plugin: env.programs.plugin, Pause: env.programs.pause,
		Agnhost: env.programs.storageSuite.Agnhost,
	}, imageFolder)
	if err != nil {
		return err
	}
	if env.programs.pluginWithClient != "" {
		images = append(images, env.programs.pluginWithClient)
	}
	cgroup, err := env.sandbox.MakeCgroup("node")
	if err != nil {
		return err
	}
	env.images = images
	env.node, err = node.Start(ctx, node.Options{
		Name: "node", Cluster: env.cluster, Binaries: env.programs.node, Address: gluster.NodeAddress, PodNetwork: "10.88.0.0/16",
		Cgroup: cgroup, Images: images, KubeletDir: kubeletDir, Folder: folder, LogDir: env.logs,
	})
	return err
}

// install installs, as docs/walkthrough.md tells, the provisioner, what mounts its
// volumes, and a class.
func install(ctx context.Context) error {
	folder, err := env.sandbox.Folder("person")
	if err != nil {
		return err
	}
	if env.person, err = invite(folder); err != nil {
		return err
	}
	if err := installProvisioner(ctx); err != nil {
		return err
	}
	if version().MountsGlusterFS() {
		return nil
	}
	return installPlugin(ctx)
}

// installProvisioner installs it, with heketi's key and a class.
func installProvisioner(ctx context.Context) error {
	for _, command := range []string{
		"kubectl apply -f deploy/",
		"kubectl -n glusterfs-provisioner rollout status deployment/glusterfs-provisioner",
		"kubectl apply -f examples/secret.yaml",
		"kubectl apply -f examples/class.yaml",
	} {
		if _, err := env.person.Types(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// pluginFor is where the manifests of the node plugin are, as kubectl wants them, by kubelet's
// folder.
var pluginFor = map[string]string{
	"/var/lib/kubelet":     "-f deploy/csi/",
	"/var/lib/k0s/kubelet": "-k deploy/csi-variants/k0s",
}

// installPlugin installs the plugin, with the client of the node.
func installPlugin(ctx context.Context) error {
	pages, err := env.person.AlsoReads("docs/node-plugin.md")
	if err != nil {
		return err
	}
	for _, command := range []string{"kubectl apply " + pluginFor[kubeletDir], "kubectl -n glusterfs-csi rollout status daemonset/glusterfs-csi-node"} {
		if _, err := pages.Types(ctx, command); err != nil {
			return err
		}
	}
	return nil
}
