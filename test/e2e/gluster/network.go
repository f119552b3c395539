package gluster

import (
	"context"
	"fmt"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// bridge is the network of the hosts, and the device by which the node reaches it.
const bridge = "storage"

// NodeAddress is the address that the node, with heketi and kubelet on it, has in
// the network of the hosts. The network is the sandbox's own, so that the range
// may well be in use outside.
const NodeAddress = "10.77.0.254"

// address is the address of the host of that number, from 1.
func address(number int) string { return fmt.Sprintf("10.77.0.%d", number) }

func makeBridge(ctx context.Context) error {
	return ip(ctx,
		"link add "+bridge+" type bridge",
		"addr add "+NodeAddress+"/24 dev "+bridge,
		"link set "+bridge+" up",
	)
}

// connect gives a host a network namespace, which stays while the host is off.
func connect(ctx context.Context, name, address string) error {
	return ip(ctx,
		"netns add "+name,
		"link add "+name+" type veth peer name eth0 netns "+name,
		"link set "+name+" master "+bridge+" up",
		"-n "+name+" addr add "+address+"/24 dev eth0",
		"-n "+name+" link set eth0 up",
		"-n "+name+" link set lo up",
	)
}

// Unplug takes the host off the network, which goes on running: unlike a host that is
// off, it refuses no connection, it does not answer.
func (h *Host) Unplug(ctx context.Context) error { return ip(ctx, "link set "+h.name+" down") }

// Plug puts the host on the network again.
func (h *Host) Plug(ctx context.Context) error { return ip(ctx, "link set "+h.name+" up") }

// nameHosts writes the hosts' names where they are looked up: glusterd asks for
// the name of whoever calls.
func (h *Hosts) nameHosts() error {
	var names strings.Builder
	fmt.Fprintln(&names, "127.0.0.1 localhost")
	for _, host := range h.hosts {
		fmt.Fprintln(&names, host.address, host.name)
	}
	return os.WriteFile("/etc/hosts", []byte(names.String()), 0o644)
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
