package e2e

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/node"
)

// killProcess kills the server. Its container starts again in the same pod.
func killProcess(t *testing.T, w *rowWriter) {
	start := time.Now()
	w.server.signal(t, syscall.SIGKILL)
	w.waitForMore(t)
	w.server.checkRecovered(t, start)
}

// killPod has the server's pod deleted by force. Another one starts. The server is stopped, so that it does not
// heed that kubelet asks it to end first, and has no time to write anything.
func killPod(t *testing.T, w *rowWriter) {
	start := time.Now()
	pods := env.client.CoreV1().Pods(w.server.name)
	killed, err := pods.Get(t.Context(), w.server.pod(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.server.signal(t, syscall.SIGSTOP)
	kubectl(t, "delete", "pod", w.server.pod(), "--namespace="+w.server.name, "--grace-period=0", "--force")
	eventually(t, func(ctx context.Context) error {
		next, err := pods.Get(ctx, w.server.pod(), metav1.GetOptions{})
		if err == nil && next.UID == killed.UID {
			err = fmt.Errorf("the pod %s is still the one that was killed", next.Name)
		}
		return err
	})
	w.server.waitReady(t)
	w.waitForMore(t)
	w.server.checkRecovered(t, start)
}

// writeWithoutKubelet has rows be written while kubelet is stopped.
func writeWithoutKubelet(t *testing.T, w *rowWriter) {
	restartKubelet(t, func() { w.waitForMore(t) })
}

// upgradePlugin replaces the node plugin's pod by one of another image.
func upgradePlugin(t *testing.T, w *rowWriter) {
	const next = "registry.example.com/glusterfs-csi-node:next-for-databases"
	if err := env.node.TagImage(t.Context(), node.PluginImage, next); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := installPlugin(context.Background()); err != nil {
			t.Error(err)
		}
	})
	kubectl(t, "set", "image", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "node="+next)
	kubectl(t, "rollout", "status", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "--timeout="+patience.String())
	w.waitForMore(t)
}

// switchHostsOff switches two hosts off and on, one after the other. The second goes when the first
// has all that was written meanwhile.
func switchHostsOff(t *testing.T, w *rowWriter) {
	for _, host := range []*gluster.Host{env.hosts.All()[2], env.hosts.All()[0]} {
		switchOff(t, host)
		w.waitForMore(t)
		switchOn(t, host)
		w.server.waitHealed(t)
	}
}

// cutHostOff takes a host off the network and puts it on again.
func cutHostOff(t *testing.T, w *rowWriter) {
	host := env.hosts.All()[1]
	if err := host.Unplug(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Plug(context.Background()); err != nil {
			t.Error(err)
		}
	})
	w.waitForMore(t)
	if err := host.Plug(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.server.waitHealed(t)
}

// waitHealed waits until gluster says that each brick has what the others have.
func (d mariadb) waitHealed(t *testing.T) {
	t.Helper()
	v := volumeOf(t, d.name, d.name)
	eventually(t, func(ctx context.Context) error {
		info, err := env.hosts.All()[1].Run(ctx, "gluster volume heal "+v.name+" info | grep 'Number of entries'")
		if err == nil && strings.Count(info, "Number of entries: 0") != len(v.bricks) {
			err = fmt.Errorf("the volume %s is not healed: %s", v.name, info)
		}
		return err
	})
}

// growStopped grows the claim from 2 to 3 GiB while the server is stopped.
func growStopped(t *testing.T, w *rowWriter) {
	w.server.stop(t)
	w.server.grow(t, "3Gi")
	w.server.set(t, "replicas=1")
	w.server.waitReady(t)
}

// growWriting grows the claim from 1 to 2 GiB while rows are written, also to files that gluster
// moves. The server is killed then, so that it opens its files anew by their names.
func growWriting(t *testing.T, w *rowWriter) {
	w.server.grow(t, "2Gi")
	w.waitForMore(t)
	killProcess(t, w)
}

// grow grows the claim, and waits until gluster has spread its files.
func (d mariadb) grow(t *testing.T, size string) {
	t.Helper()
	d.set(t, "size="+size)
	waitUntilPrints(t, size, "get", "pvc", d.name, "--namespace="+d.name, "-o", "jsonpath={.status.capacity.storage}")
	v := volumeOf(t, d.name, d.name)
	eventually(t, func(ctx context.Context) error { return checkRebalanced(ctx, v.name) })
}
