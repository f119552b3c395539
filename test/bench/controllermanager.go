package bench

import (
	"context"
	"errors"
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

// StartControllerManager starts kube-controller-manager after
// StopControllerManager, and waits until its controllers work.
func (c *Cluster) StartControllerManager(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.controllerManager.running() {
		return errors.New("kube-controller-manager is running already")
	}
	return c.startControllerManager(ctx)
}

// StopControllerManager stops kube-controller-manager, until
// StartControllerManager. The rest of the cluster goes on.
func (c *Cluster) StopControllerManager() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := stopProcess(&c.controllerManager); err != nil {
		return fmt.Errorf("cannot stop kube-controller-manager: %w", err)
	}
	return nil
}

// controllersWork sees the controllers' work rather than a health check, which
// passes before they have begun.
func (c *Cluster) controllersWork(ctx context.Context) error {
	_, err := c.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err
}
