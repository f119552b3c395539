package bench

import (
	"context"
	"errors"
	"fmt"
)

// StartAPIServer starts kube-apiserver after StopAPIServer, at the same address
// and with the same objects, and waits until it is ready. The controllers, which
// wait longer the longer it was away, come back some seconds later.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.apiServer.running() {
		return errors.New("kube-apiserver is running already")
	}
	process, err := startServer(ctx, ProcessOptions{
		Path: c.binaries.APIServer,
		Args: append(c.apiServerArgs(), c.options.APIServerArgs...),
		Env:  serverEnvironment(c.dir),
		Log:  c.APIServerLog(),
	}, func(ctx context.Context) error {
		return c.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
	if err != nil {
		return err
	}
	c.apiServer = process
	return nil
}

// StopAPIServer stops kube-apiserver, until StartAPIServer. The rest of the
// cluster goes on.
func (c *Cluster) StopAPIServer() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := stopProcess(&c.apiServer); err != nil {
		return fmt.Errorf("cannot stop kube-apiserver: %w", err)
	}
	return nil
}

func (c *Cluster) apiServerArgs() []string {
	return []string{
		"--etcd-servers=" + c.etcdURL(),
		"--bind-address=127.0.0.1",
		"--secure-port=" + c.apiServerPort.String(),
		"--tls-cert-file=" + c.file(servingFile+".crt"),
		"--tls-private-key-file=" + c.file(servingFile+".key"),
		"--client-ca-file=" + c.file(authorityFile+".crt"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.file(tokenFile+".key"),
		"--service-account-signing-key-file=" + c.file(tokenFile+".key"),
		// Every volume has a Service, and with it an address of this range.
		"--service-cluster-ip-range=10.96.0.0/12",
		// The Service "kubernetes" stays without endpoints: there are no pods
		// to use it, and a loopback address is not allowed there.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		// Otherwise it waits for the controllers' watches when it is stopped,
		// for up to a minute; in this way for two seconds.
		"--shutdown-send-retry-after",
	}
}
