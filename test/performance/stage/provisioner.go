package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"glusterfs-provisioner/test/bench"
)

// startBound is how long the provisioner may take to be ready.
const startBound = 2 * time.Minute

// Build builds the release of the provisioner and returns its path.
func Build(ctx context.Context) (string, error) {
	root, err := bench.Root(".")
	if err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "make", "build")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make build: %w: %s", err, output)
	}
	return filepath.Join(root, "bin", "glusterfs-provisioner"), nil
}

// BuildFloor builds the provisioner that makes nothing, in the way of the release, and
// returns its path.
func BuildFloor(ctx context.Context) (string, error) {
	root, err := bench.Root(".")
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", "floor")
	_, err = bench.Run(ctx, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0"),
		"go", "-C", root, "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./test/performance/floor")
	return path, err
}

// StartProvisioner starts the provisioner, with flags besides those that it needs
// here, and waits until it provisions. It returns how long that took.
func (s *Stage) StartProvisioner(ctx context.Context, flags ...string) (time.Duration, error) {
	if s.provisioner != nil {
		return 0, errors.New("a provisioner is running already")
	}
	kubeconfig, err := s.Cluster.ServiceAccountKubeconfig(ctx, Namespace, account)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	s.provisioner, err = bench.StartProcess(ctx, bench.ProcessOptions{
		Path: s.binary,
		Args: append([]string{"--kubeconfig=" + kubeconfig, "--namespace=" + Namespace, "--http-address=127.0.0.1:0"}, flags...),
		Log:  s.provisionerLog(),
	})
	if err != nil {
		return 0, err
	}
	err = bench.Until(ctx, startBound, func(context.Context) error {
		if !provisions.MatchString(s.provisioner.Output()) {
			return fmt.Errorf("the provisioner does not provision:\n%s", s.provisioner.Output())
		}
		return nil
	})
	return time.Since(begun), err
}

// StopProvisioner ends the provisioner in good order, so that the next one need
// not wait for its Lease to expire.
func (s *Stage) StopProvisioner() error {
	err := s.provisioner.Stop()
	s.provisioner = nil
	return err
}

// provisions is what the library logs when it has begun to provision. Before that, our
// provisioner waits for its first audit.
var provisions = regexp.MustCompile(`Started provisioner controller`)

func (s *Stage) provisionerLog() string { return filepath.Join(s.dir, "provisioner.log") }

var servingAt = regexp.MustCompile(`Serving .* address="([^"]+)"`)

// Address returns where the provisioner serves HTTP.
func (s *Stage) Address() (string, error) {
	found := servingAt.FindStringSubmatch(s.provisioner.Output())
	if found == nil {
		return "", errors.New("the provisioner's log does not say where it serves")
	}
	return found[1], nil
}

// PID returns the process that provisions: our provisioner's, or for the in-tree
// plugin kube-controller-manager's.
func (s *Stage) PID(inTree bool) int {
	if inTree {
		return s.Cluster.PIDs()[bench.ControllerManager]
	}
	return s.provisioner.PID()
}

// WholeProvisionerLog returns all of the provisioner's log.
func (s *Stage) WholeProvisionerLog() string { return s.provisioner.Output() }

// ProvisionerLog returns the end of the provisioner's log.
func (s *Stage) ProvisionerLog() string {
	if s.provisioner == nil {
		return "(it is kube-controller-manager)"
	}
	const enough = 4 << 10
	log := s.provisioner.Output()
	return log[max(0, len(log)-enough):]
}
