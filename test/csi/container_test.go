package csi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestClientOfTheContainer mounts with a client in the plugin's container. Pods see the
// volume, which ends with the container. A new one cleans up and mounts it again.
func TestClientOfTheContainer(t *testing.T) {
	p := startPlugin(t, "--client=container")
	v := newVolume(t)
	pod := p.use(t, v, "pod")
	write(t, pod, "file")
	client := clientOf(t, p.stagingPath(v))
	if client, host := processInfo(t, client, "ns/net"), processInfo(t, 1, "ns/net"); client != host {
		t.Errorf("the network of the client is %s, want the node's, %s", client, host)
	}
	p.killContainer(t)
	bench.Eventually(t, patience, func(context.Context) error {
		if _, err := os.Stat(pod); !errors.Is(err, syscall.ENOTCONN) {
			return fmt.Errorf("the volume outlives the container: %w", err)
		}
		return nil
	})
	p.start(t)
	if mounts := mountsAt(t, p.stagingPath(v)); mounts != 0 {
		t.Errorf("the volume is still staged %d times", mounts)
	}
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Fatal(err)
	}
	mustHaveFile(t, pod)
}
