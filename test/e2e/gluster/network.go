package gluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// NodeAddress is the address that the node, with heketi and kubelet on it, has in
// the network of the hosts. The network is the sandbox's own, so that the range
// may well be in use outside.
const NodeAddress = "10.77.0.254"

// network is that of the hosts.
type network struct {
	// bridge is the device by which the node reaches it, node the node's address.
	bridge, node string
	// prefix begins all addresses, bits is the length of what they share.
	prefix string
	bits   int
	// host begins the hosts' names.
	host string
}

func networkOf(options Options) network {
	if options.IPv6 {
		return network{bridge: "storage6", node: "fd77::fe", prefix: "fd77::", bits: 64, host: "gfs6-"}
	}
	return network{bridge: "storage", node: NodeAddress, prefix: "10.77.0.", bits: 24, host: "gfs"}
}

func (n network) make(ctx context.Context) error {
	return ip(ctx,
		"link add "+n.bridge+" type bridge",
		n.addAddress(n.node, n.bridge),
		"link set "+n.bridge+" up",
	)
}

// Network is one without hosts.
type Network struct{ network }

// MakeNetwork makes the network that hosts would have. The sandbox passes on what is sent from one machine's
// pods to another's.
func MakeNetwork(ctx context.Context) (Network, error) {
	n := networkOf(Options{})
	return Network{n}, errors.Join(n.make(ctx), os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0))
}

// Connect gives a machine a place in the network: a network namespace of that name.
func (n Network) Connect(ctx context.Context, name, address string) error {
	return n.connect(ctx, name, address)
}

// Connect gives a machine a place in the hosts' network: a network namespace of that name.
func (h *Hosts) Connect(ctx context.Context, name, address string) error {
	return networkOf(h.options).connect(ctx, name, address)
}

// addAddress gives a device an address at once, without asking around whether it is
// somebody else's.
func (n network) addAddress(address, device string) string {
	return fmt.Sprintf("addr add %s/%d dev %s nodad", address, n.bits, device)
}

// connect gives a host a network namespace, which stays while the host is off.
func (n network) connect(ctx context.Context, name, address string) error {
	return ip(ctx,
		"netns add "+name,
		"link add "+name+" type veth peer name eth0 netns "+name,
		"link set "+name+" master "+n.bridge+" up",
		"-n "+name+" "+n.addAddress(address, "eth0"),
		"-n "+name+" link set eth0 up",
		"-n "+name+" link set lo up",
	)
}

// Unplug takes the host off the network, which goes on running: unlike a host that is
// off, it refuses no connection, it does not answer.
func (h *Host) Unplug(ctx context.Context) error { return ip(ctx, "link set "+h.name+" down") }

// Plug puts the host on the network again.
func (h *Host) Plug(ctx context.Context) error { return ip(ctx, "link set "+h.name+" up") }

// nameHost writes a host's name where it is looked up: glusterd asks for the name of
// whoever calls.
func (h *Host) nameHost() error {
	names, err := os.OpenFile("/etc/hosts", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(names, h.address, h.name)
	return errors.Join(err, names.Close())
}

// ip runs commands of iproute2.
func ip(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		if _, err := bench.Run(ctx, nil, "ip", strings.Fields(command)...); err != nil {
			return err
		}
	}
	return nil
}
