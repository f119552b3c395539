package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// cniConfig connects the pods to a bridge, through which they reach the node's
// addresses. It is formatted with the network of the pods.
const cniConfig = `{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [{
    "type": "bridge",
    "bridge": "pods",
    "isGateway": true,
    "ipam": {
      "type": "host-local",
      "ranges": [[{"subnet": "%s"}]],
      "routes": [{"dst": "0.0.0.0/0"}]
    }
  }]
}
`

func (n *Node) setUpNetwork(ctx context.Context) error {
	if err := n.configureNetwork(); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return err
	}
	_, err := bench.Run(ctx, nil, "iptables", n.toAPIServer()...)
	return err
}

// configureNetwork writes how pods are connected.
func (n *Node) configureNetwork() error {
	return errors.Join(os.MkdirAll(n.file("cni"), 0o755), os.WriteFile(n.file("cni/pods.conflist"), fmt.Appendf(nil, cniConfig, n.options.PodNetwork), 0o600))
}

// toAPIServer is the rule that pods here need of what kube-proxy does.
func (n *Node) toAPIServer() []string {
	return strings.Fields(fmt.Sprintf("--table nat --append PREROUTING --destination %s --protocol tcp --dport 443 --jump DNAT --to-destination %s",
		n.options.Cluster.ServiceAddress(), n.options.Cluster.APIServerAddress()))
}
