package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"glusterfs-provisioner/test/bench"
)

// kubeletConfig is formatted with the node's folder, its address, the certificate
// of the cluster's authority, the cgroup of the pods, where they look for names, and what ends
// those of Services.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[2]s
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: false
  x509:
    clientCAFile: %[3]s
authorization:
  mode: AlwaysAllow
cgroupDriver: cgroupfs
cgroupRoot: %[4]s
enforceNodeAllocatable: []
protectKernelDefaults: true
failSwapOn: false
clusterDNS: [%[5]s]
clusterDomain: %[6]s
resolvConf: %[1]s/resolv.conf
# The machine may be as full as it likes; images that are removed do not come back.
imageGCHighThresholdPercent: 100
evictionHard:
  memory.available: 10Mi
`

// noDNS is an address at which nobody answers. Without any, kubelet would warn of it on every pod.
const noDNS = "10.96.0.10"

// setUpKubeletDir has what kubelet keeps go to the node's folder.
func (n *Node) setUpKubeletDir(context.Context) error {
	if err := errors.Join(os.MkdirAll(n.file("kubelet"), 0o750), os.MkdirAll(n.options.KubeletDir, 0o750)); err != nil {
		return err
	}
	if err := errors.Join(
		syscall.Mount(n.file("kubelet"), n.options.KubeletDir, "", syscall.MS_BIND, ""),
		// As systemd has all mounts: kubelet is to see what containers mount there.
		syscall.Mount("", n.options.KubeletDir, "", syscall.MS_SHARED, ""),
	); err != nil {
		return fmt.Errorf("cannot mount kubelet's folder: %w", err)
	}
	return nil
}

// StartKubelet starts kubelet, also after StopKubelet, and waits until the node is
// ready.
func (n *Node) StartKubelet(ctx context.Context) (err error) {
	config, err := n.configureKubelet()
	if err != nil {
		return err
	}
	n.kubelet, err = bench.StartServer(ctx, bench.ProcessOptions{
		Path: n.options.Binaries.Kubelet,
		Args: n.kubeletArgs(config),
		Log:  n.log("kubelet"),
	}, n.ready)
	return err
}

// configureKubelet writes kubelet's configuration, and returns its file.
func (n *Node) configureKubelet() (string, error) {
	config := n.file("kubelet.yaml")
	text := fmt.Appendf(nil, kubeletConfig, n.options.Folder, n.options.Address, n.options.Cluster.CAFile(), n.options.Cgroup,
		cmp.Or(n.options.DNS, noDNS), bench.ClusterDomain)
	return config, errors.Join(os.WriteFile(config, text, 0o600), os.WriteFile(n.file("resolv.conf"), nil, 0o644))
}

func (n *Node) kubeletArgs(config string) []string {
	args := []string{
		"--config=" + config,
		"--root-dir=" + n.options.KubeletDir,
		"--kubeconfig=" + n.options.Cluster.Kubeconfig(),
		"--container-runtime-endpoint=unix://" + n.containerdSocket(),
		"--hostname-override=" + n.options.Name,
		"--node-ip=" + n.options.Address,
		"--volume-plugin-dir=" + n.file("volume-plugins"),
	}
	if n.options.Binaries.Version != bench.OldestKubernetes {
		// Since 1.35, kubelet has to be told that a machine may have no other.
		args = append(args, "--fail-cgroupv1=false")
	}
	return args
}

// StopKubelet stops kubelet. The pods, and what is mounted in them, stay.
func (n *Node) StopKubelet() error { return n.kubelet.Stop() }
