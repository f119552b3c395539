package csi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// switchOff switches a host off, until the end of the test.
func switchOff(t *testing.T, host *gluster.Host) {
	t.Helper()
	if err := host.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Start(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// makeIPv6 gives the node and the hosts IPv6 addresses, besides those that they have,
// and returns those of the hosts.
func makeIPv6(t *testing.T) string {
	t.Helper()
	var addresses []string
	add := func(address string, namespace ...string) {
		arguments := append(namespace, "addr", "replace", address+"/64", "dev", "storage", "nodad")
		if len(namespace) > 0 {
			arguments[slices.Index(arguments, "storage")] = "eth0"
		}
		if _, err := bench.Run(t.Context(), nil, "ip", arguments...); err != nil {
			t.Fatal(err)
		}
	}
	add("fd00:77::fe")
	for i, host := range env.hosts.All() {
		addresses = append(addresses, fmt.Sprintf("fd00:77::%d", i+1))
		add(addresses[i], "-n", host.Name())
	}
	return strings.Join(addresses, ",")
}
