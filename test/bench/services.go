package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

// ServiceBinaries are the programs by which pods find Services and reach them.
type ServiceBinaries struct {
	DNS, Proxy string
}

// BuildServices builds CoreDNS and kube-proxy, in the way of BuildCluster.
func BuildServices(ctx context.Context, root string, version Kubernetes, log io.Writer) (ServiceBinaries, error) {
	if err := version.check(); err != nil {
		return ServiceBinaries{}, err
	}
	dns := module{name: "coredns", set: "coredns", commands: []command{{"coredns", "."}}}
	dnsDir, err := dns.build(ctx, root, log)
	if err != nil {
		return ServiceBinaries{}, err
	}
	proxy := module{
		name: "kube-proxy-" + string(version), set: "kube-proxy", output: string(version), ldflags: version.versionFlags(),
		commands: []command{{"kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"}},
	}
	proxyDir, err := proxy.build(ctx, root, log)
	if err != nil {
		return ServiceBinaries{}, err
	}
	return ServiceBinaries{DNS: filepath.Join(dnsDir, "coredns"), Proxy: filepath.Join(proxyDir, "kube-proxy")}, nil
}

// ClusterDomain ends the names of Services.
const ClusterDomain = "cluster.local"

// corefile is formatted with the address to listen on, the domain, and a kubeconfig.
const corefile = `. {
    bind %s
    errors
    kubernetes %s {
        kubeconfig %s
    }
}
`

// StartDNS starts a server by which pods find the cluster's Services, at port 53 of the address. It knows
// nothing else. It ends with the bench's process.
func (c *Cluster) StartDNS(ctx context.Context, binaries ServiceBinaries, address string) (*Process, error) {
	config := c.file("Corefile")
	if err := os.WriteFile(config, fmt.Appendf(nil, corefile, address, ClusterDomain, c.kubeconfig), 0o600); err != nil {
		return nil, err
	}
	return StartServer(ctx, ProcessOptions{
		Path: binaries.DNS, Args: []string{"-conf=" + config}, Env: serverEnvironment(c.dir), Log: c.logOf("coredns"),
	}, func(ctx context.Context) error {
		resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(address, "53"))
		}}
		_, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+ClusterDomain)
		return err
	})
}
