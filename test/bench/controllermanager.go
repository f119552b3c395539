package bench

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (c *Cluster) startControllerManager(ctx context.Context) (err error) {
	args := []string{
		"--kubeconfig=" + c.kubeconfig,
		"--leader-elect=false",
		"--use-service-account-credentials=false",
		"--service-account-private-key-file=" + c.file(tokenFile+".key"),
		"--root-ca-file=" + c.file(authorityFile+".crt"),
		fmt.Sprintf("--kube-api-qps=%d", c.options.ControllerManagerQPS),
		fmt.Sprintf("--kube-api-burst=%d", c.options.ControllerManagerBurst),
		// It serves nothing that anybody here would ask for.
		"--secure-port=0",
	}
	c.controllerManager, err = StartServer(ctx, ProcessOptions{
		Path: c.binaries.ControllerManager,
		Args: append(args, c.options.ControllerManagerArgs...),
		Env:  serverEnvironment(c.dir),
		Log:  c.ControllerManagerLog(),
	}, c.controllersWork)
	return err
}

// controllersWork sees the controllers' work rather than a health check, which
// passes before they have begun.
func (c *Cluster) controllersWork(ctx context.Context) error {
	_, err := c.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err
}
