package node

import (
	"context"
	"fmt"
	"os"

	"glusterfs-provisioner/test/bench"
)

// containerdConfig is formatted with the node's folder, the image that holds a
// pod's namespaces, and where containerd answers.
const containerdConfig = `version = 2
root = "%[1]s/containerd"

[grpc]
  address = "%[3]s"

[plugins."io.containerd.internal.v1.opt"]
  path = "%[1]s/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%[2]s"
  # Virtual machines may lack CAP_SYS_RESOURCE, without which no score can be lowered.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "%[1]s/cni"
`

// containerdSocket is where containerd answers. It is in the node's folder, so that it is
// reached from outside of a node that is a machine of its own.
func (n *Node) containerdSocket() string { return n.file("containerd.sock") }

// configureContainerd writes containerd's configuration, and returns its file.
func (n *Node) configureContainerd() (string, error) {
	config := n.file("containerd.toml")
	return config, os.WriteFile(config, fmt.Appendf(nil, containerdConfig, n.options.Folder, pauseImage, n.containerdSocket()), 0o600)
}

func (n *Node) startContainerd(ctx context.Context) error {
	config, err := n.configureContainerd()
	if err != nil {
		return err
	}
	n.containerd, err = bench.StartServer(ctx, bench.ProcessOptions{
		Path: "containerd",
		Args: []string{"--config=" + config},
		Log:  n.log("containerd"),
	}, func(ctx context.Context) error {
		_, err := n.ctr(ctx, "version")
		return err
	})
	return err
}

func (n *Node) importImages(ctx context.Context) error {
	for _, archive := range n.options.Images {
		if err := n.ImportImage(ctx, archive); err != nil {
			return err
		}
	}
	return nil
}

// ImportImage gives the node an image, of an archive.
func (n *Node) ImportImage(ctx context.Context, archive string) error {
	_, err := n.ctr(ctx, "images", "import", archive)
	return err
}

// TagImage gives an image that the node has a second name.
func (n *Node) TagImage(ctx context.Context, image, name string) error {
	_, err := n.ctr(ctx, "images", "tag", "--force", image, name)
	return err
}

// ctr runs containerd's client, on what Kubernetes sees of containerd.
func (n *Node) ctr(ctx context.Context, args ...string) ([]byte, error) {
	return bench.Run(ctx, nil, "ctr", append([]string{"--address=" + n.containerdSocket(), "--namespace=k8s.io"}, args...)...)
}
