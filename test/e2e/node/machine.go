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
	// gateway is the sandbox's address.
	gateway string
	// process is nil while the machine is off.
	process *bench.Process
}

// NewMachine makes a machine and does not start it. A network namespace of its name has to
// be there, in which it reaches the sandbox by the address of the gateway.
func NewMachine(ctx context.Context, options Options, gateway string) (*Machine, error) {
	client, err := kubernetes.NewForConfig(options.Cluster.AdminConfig())
	if err != nil {
		return nil, err
	}
	m := &Machine{Node: &Node{options: options, client: client}, gateway: gateway}
	_, containerdErr := m.configureContainerd()
	_, kubeletErr := m.configureKubelet()
	if err := errors.Join(
		m.configureNetwork(), m.writeSysctls(), containerdErr, kubeletErr, os.MkdirAll(options.LogDir, 0o755),
		os.WriteFile(m.file("machine.sh"), machineScript, 0o700),
	); err != nil {
		return nil, err
	}
	return m, m.connect(ctx)
}

// connect has the pods of the machine, and those of the sandbox, reach each other and the API server.
func (m *Machine) connect(ctx context.Context) error {
	if _, err := bench.Run(ctx, nil, "nsenter", append([]string{"--net=" + m.network(), "iptables"}, m.toAPIServer()...)...); err != nil {
		return err
	}
	for _, route := range []string{
		"-n " + m.options.Name + " route add default via " + m.gateway,
		"route add " + m.options.PodNetwork + " via " + m.options.Address,
	} {
		if _, err := bench.Run(ctx, nil, "ip", strings.Fields(route)...); err != nil {
			return err
		}
	}
	return nil
}

func (m *Machine) network() string { return filepath.Join("/run/netns", m.options.Name) }

// On switches the machine on, and waits until Kubernetes takes the node for ready.
func (m *Machine) On(ctx context.Context) (err error) {
	machine := []string{
		"--net=" + m.network(),
		"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"tini", "--", m.file("machine.sh"), m.options.Folder, m.options.KubeletDir, m.containerdSocket(), strings.Join(m.options.Images, " "),
		m.options.Prepare, m.proxy(), m.options.Binaries.Kubelet,
	}
	m.process, err = bench.StartServer(ctx, bench.ProcessOptions{
		Path: "nsenter", Args: append(machine, m.kubeletArgs(m.file("kubelet.yaml"))...), Log: m.log("kubelet"),
	}, m.ready)
	if err != nil {
		return fmt.Errorf("cannot start the node %s: %w", m.options.Name, err)
	}
	return nil
}

// proxy is the command of kube-proxy, if the machine has one. The kernel's limits of connections are the
// whole machine's, so they are left alone; and what is sent to a pod of the same node comes back the way
// it went only if it seems to come from the node.
func (m *Machine) proxy() string {
	if m.options.Proxy == "" {
		return ""
	}
	return strings.Join([]string{
		m.options.Proxy, "--kubeconfig=" + m.options.Cluster.Kubeconfig(), "--hostname-override=" + m.options.Name,
		"--proxy-mode=iptables", "--masquerade-all=true", "--conntrack-max-per-core=0", "--conntrack-min=0",
		"--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s",
	}, " ")
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

// Run runs a shell command on the machine, as root, and returns its standard output.
func (m *Machine) Run(ctx context.Context, command string) (string, error) {
	if m.process == nil {
		return "", fmt.Errorf("the node %s is off", m.options.Name)
	}
	pid := fmt.Sprint(m.process.PID())
	// The process is outside of the machine's namespaces, its only child is the first one in them.
	first, err := os.ReadFile(filepath.Join("/proc", pid, "task", pid, "children"))
	if err != nil {
		return "", err
	}
	output, err := bench.Run(ctx, nil, "nsenter", "--target="+strings.TrimSpace(string(first)), "--mount", "--pid", "--net", "sh", "-c", command)
	return strings.TrimSpace(string(output)), err
}
