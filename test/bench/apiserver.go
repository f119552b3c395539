package bench

import (
	"context"
	"errors"
	"fmt"
)

// serviceRange has the addresses of Services, serviceAddress is that of
// "kubernetes", where pods expect the API server: the first of the range.
const (
	serviceRange   = "10.96.0.0/12"
	serviceAddress = "10.96.0.1"
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
	process, err := StartServer(ctx, ProcessOptions{
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
	args := []string{
		"--etcd-servers=" + c.etcdURL(),
		"--bind-address=" + c.options.Address,
		"--advertise-address=" + c.options.Address,
		"--secure-port=" + c.apiServerPort.String(),
		"--tls-cert-file=" + c.file(servingFile+".crt"),
		"--tls-private-key-file=" + c.file(servingFile+".key"),
		"--client-ca-file=" + c.file(authorityFile+".crt"),
		// With these it asks kubelets for logs, and to run commands in pods.
		"--kubelet-client-certificate=" + c.file(adminFile+".crt"),
		"--kubelet-client-key=" + c.file(adminFile+".key"),
		// A node's name may be in no DNS.
		"--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=RBAC",
		// As where the node plugin is to run, and as kubeadm sets it.
		"--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.file(tokenFile+".key"),
		"--service-account-signing-key-file=" + c.file(tokenFile+".key"),
		// Every volume has a Service, and with it an address of this range.
		"--service-cluster-ip-range=" + serviceRange,
		// Otherwise it waits for the controllers' watches when it is stopped,
		// for up to a minute; in this way for two seconds.
		"--shutdown-send-retry-after",
	}
	if c.options.Address == loopback {
		// The Service "kubernetes" stays without endpoints: there are no pods
		// to use it, and a loopback address is not allowed there.
		args = append(args, "--endpoint-reconciler-type=none")
	}
	return args
}
