package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	provisioned "glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/e2e/gluster"
)

// volume is what a claim is bound to.
type volume struct {
	pv *v1.PersistentVolume
	// name is what GlusterFS calls it.
	name   string
	bricks []brick
}

// brick is where a part of a volume is.
type brick struct {
	host   *gluster.Host
	folder string
}

// volumeOf waits until a claim is Bound and returns its volume.
func volumeOf(t *testing.T, namespace, name string) volume {
	t.Helper()
	var pv *v1.PersistentVolume
	eventually(t, func(ctx context.Context) error {
		claim, err := env.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if claim.Status.Phase != v1.ClaimBound {
			return fmt.Errorf("the claim %s/%s is %s, want Bound", namespace, name, claim.Status.Phase)
		}
		pv, err = env.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
		return err
	})
	info, err := env.heketi.Client().VolumeInfo(provisioned.IDOf(pv))
	if err != nil {
		t.Fatalf("heketi does not tell the volume of the claim %s/%s: %v", namespace, name, err)
	}
	v := volume{pv: pv, name: info.Name}
	for _, made := range info.Bricks {
		v.bricks = append(v.bricks, brick{host: hostOf(t, made), folder: made.Path})
	}
	return v
}

// hostOf is the host that has a brick.
func hostOf(t *testing.T, brick api.BrickInfo) *gluster.Host {
	t.Helper()
	node, err := env.heketi.Client().NodeInfo(brick.NodeId)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range env.hosts.All() {
		if host.Address() == node.Hostnames.Manage[0] {
			return host
		}
	}
	t.Fatalf("no host has the address %s, which heketi names", node.Hostnames.Manage[0])
	return nil
}

// on is the volume's brick on a host.
func (v volume) on(t *testing.T, host *gluster.Host) brick {
	t.Helper()
	for _, brick := range v.bricks {
		if brick.host == host {
			return brick
		}
	}
	t.Fatalf("the volume %s has no brick on the host %s", v.name, host.Name())
	return brick{}
}

// run runs a shell command in the brick's folder, on its host.
func (b brick) run(ctx context.Context, command string) (string, error) {
	output, err := b.host.Run(ctx, "cd "+b.folder+" && "+command)
	return strings.TrimSpace(output), err
}

// checkIs checks what gluster says of a volume.
func (v volume) checkIs(t *testing.T, want ...string) {
	t.Helper()
	info := onHost(t, v.bricks[0].host, "gluster volume info "+v.name)
	for _, line := range want {
		if !strings.Contains(info, line) {
			t.Errorf("gluster's volume info does not have %q:\n%s", line, info)
		}
	}
}

// checkHolds checks that a file is in bricks on that many hosts.
func (v volume) checkHolds(t *testing.T, file, want string, hosts int) {
	t.Helper()
	having := map[string]bool{}
	for _, brick := range v.bricks {
		if content, err := brick.run(t.Context(), "cat "+file); err == nil && content == want {
			having[brick.host.Name()] = true
		}
	}
	if len(having) != hosts {
		t.Errorf("the file %s is in bricks on %d hosts, want %d: %v", file, len(having), hosts, having)
	}
}

// waitGone waits until nothing is left of a volume, after its claim was deleted.
func (v volume) waitGone(t *testing.T) {
	t.Helper()
	waitUntilPrints(t, "", "get", "pv", v.pv.Name, "--ignore-not-found", "-o", "name")
	eventually(t, func(ctx context.Context) error {
		output, err := env.heketi.CLI(ctx, "volume", "list")
		if err == nil && strings.Contains(string(output), v.name) {
			err = fmt.Errorf("heketi still has the volume %s", v.name)
		}
		return err
	})
	for _, brick := range v.bricks {
		if left := onHost(t, brick.host, "ls -d "+brick.folder+" 2> /dev/null; gluster volume list | grep "+v.name+"; true"); left != "" {
			t.Errorf("the host %s still has of the volume %s: %s", brick.host.Name(), v.name, left)
		}
	}
}
