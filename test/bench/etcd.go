package bench

import (
	"context"
	"net/http"
)

func (c *Cluster) startEtcd(ctx context.Context) (err error) {
	const name = "bench"
	peer := "http://" + c.etcdPeerPort.address()
	c.etcd, err = StartServer(ctx, ProcessOptions{
		Path: c.binaries.Etcd,
		Args: []string{
			"--name=" + name,
			"--data-dir=" + c.file("etcd"),
			"--listen-client-urls=" + c.etcdURL(),
			"--advertise-client-urls=" + c.etcdURL(),
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=" + name + "=" + peer,
			// What it holds is thrown away, so waiting for the disk is too.
			"--unsafe-no-fsync",
			"--log-level=warn",
		},
		Env: serverEnvironment(c.dir),
		Log: c.logOf("etcd"),
	}, func(ctx context.Context) error {
		return answers(ctx, http.DefaultClient, c.etcdURL()+"/health")
	})
	return err
}

func (c *Cluster) etcdURL() string { return "http://" + c.etcdPort.address() }
