package node

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/test/bench"
)

//go:embed machine.sh
var machineScript []byte

// Machine is a node beside the sandbox, in namespaces of its own: what runs and what is
// mounted there is there only, and ends with it. It is not safe for concurrent use.
type Machine struct {
	*Node
	// process is nil while the machine is off.
	process *bench.Process
}

// NewMachine makes a machine and does not start it. A network namespace of its name has to
// be there, which connects it with the control plane.
func NewMachine(ctx context.Context, options Options) (*Machine, error) {
	client, err := kubernetes.NewForConfig(options.Cluster.AdminConfig())
	if err != nil {
		return nil, err
	}
	m := &Machine{Node: &Node{options: options, client: client}}
	_, containerdErr := m.configureContainerd()
	_, kubeletErr := m.configureKubelet()
	if err := errors.Join(
		m.configureNetwork(), m.writeSysctls(), containerdErr, kubeletErr, os.MkdirAll(options.LogDir, 0o755),
		os.WriteFile(m.file("machine.sh"), machineScript, 0o700),
	); err != nil {
		return nil, err
	}
	// Others know the way back to the machine, and not to its pods.
	hidePods := strings.Fields("--table nat --append POSTROUTING --out-interface eth0 --jump MASQUERADE")
	for _, rule := range [][]string{m.toAPIServer(), hidePods} {
		if _, err := bench.Run(ctx, nil, "nsenter", append([]string{"--net=" + m.network(), "iptables"}, rule...)...); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Machine) network() string { return filepath.Join("/run/netns", m.options.Name) }

// On switches the machine on, and waits until Kubernetes takes the node for ready.
func (m *Machine) On(ctx context.Context) (err error) {
	machine := []string{
		"--net=" + m.network(),
		"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"tini", "--", m.file("machine.sh"), m.options.Folder, m.options.KubeletDir, m.containerdSocket(), strings.Join(m.options.Images, " "),
		m.options.Binaries.Kubelet,
	}
	m.process, err = bench.StartServer(ctx, bench.ProcessOptions{
		Path: "nsenter", Args: append(machine, m.kubeletArgs(m.file("kubelet.yaml"))...), Log: m.log("kubelet"),
	}, m.ready)
	if err != nil {
		return fmt.Errorf("cannot start the node %s: %w", m.options.Name, err)
	}
	return nil
}

// Off switches the machine off, if it is on, as a loss of power does. What it has written to
// its folder stays.
func (m *Machine) Off() error {
	if m.process == nil {
		return nil
	}
	process := m.process
	m.process = nil
	return process.Kill()
}
