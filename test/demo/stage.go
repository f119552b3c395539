package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// namespace is where deploy/ puts the provisioner, account its ServiceAccount.
const (
	namespace = "glusterfs-provisioner"
	account   = "glusterfs-provisioner"
)

// stage is everything that runs.
type stage struct {
	out         io.Writer
	root        string
	dir         string
	cluster     *bench.Cluster
	heketi      *bench.Heketi
	provisioner *bench.Process
	// prometheus is nil unless monitoring is shown.
	prometheus *bench.Prometheus
}

// setStage starts the control plane and heketi, and installs what deploy/ has but
// the Deployment and the DaemonSet, since there are no nodes. What it returns has to be struck,
// also after an error.
func setStage(ctx context.Context, out io.Writer) (*stage, error) {
	s := &stage{out: out}
	var err error
	if s.root, err = bench.Root("."); err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp("", "glusterfs-provisioner-demo-"); err != nil {
		return s, err
	}
	s.say("Starting etcd, kube-apiserver and kube-controller-manager")
	if s.cluster, err = bench.StartCluster(ctx, bench.Options{Log: out}); err != nil {
		return s, err
	}
	s.say("Starting heketi, with its mock executor: its volumes are rows in its database, not disks")
	if s.heketi, err = bench.StartHeketi(ctx, bench.HeketiOptions{Auth: true, Log: out}); err != nil {
		return s, err
	}
	s.say("Installing the provisioner's Namespace, ServiceAccount and roles, and the node plugin's CSIDriver")
	files, err := bench.Manifests(s.root)
	if err != nil {
		return s, err
	}
	for _, file := range append(files, filepath.Join(s.root, "deploy", "csi", "20-csidriver.yaml")) {
		if err := s.run(ctx, "apply", "-f", file); err != nil {
			return s, err
		}
	}
	return s, nil
}

// startProvisioner runs the provisioner as its ServiceAccount.
func (s *stage) startProvisioner(ctx context.Context) error {
	binary := filepath.Join(s.root, "bin", "glusterfs-provisioner")
	build := exec.CommandContext(ctx, "make", "build")
	build.Dir = s.root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("make build: %w: %s", err, output)
	}
	kubeconfig, err := s.cluster.ServiceAccountKubeconfig(ctx, namespace, account)
	if err != nil {
		return err
	}
	s.provisioner, err = bench.StartProcess(ctx, bench.ProcessOptions{
		Path: binary,
		Args: []string{"--kubeconfig=" + kubeconfig, "--namespace=" + namespace, "--http-address=127.0.0.1:0"},
		Log:  filepath.Join(s.dir, "provisioner.log"),
	})
	return err
}

// strike ends everything that was started.
func (s *stage) strike() error {
	var errs []error
	if s.prometheus != nil {
		errs = append(errs, s.prometheus.Stop())
	}
	if s.provisioner != nil {
		errs = append(errs, s.provisioner.Stop())
	}
	if s.heketi != nil {
		errs = append(errs, s.heketi.Stop())
	}
	if s.cluster != nil {
		errs = append(errs, s.cluster.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// say prints what comes next.
func (s *stage) say(text string) {
	fmt.Fprintf(s.out, "\n=== %s\n", text)
}

// run runs kubectl and shows it as a person would have typed it.
func (s *stage) run(ctx context.Context, args ...string) error {
	fmt.Fprintf(s.out, "$ kubectl %s\n", strings.ReplaceAll(strings.Join(args, " "), s.root+"/", ""))
	output, err := s.cluster.Kubectl(ctx, args...)
	s.print(output)
	return err
}

// print shows what a command printed, or that it printed nothing.
func (s *stage) print(output []byte) {
	if len(output) == 0 {
		output = []byte("(nothing)\n")
	}
	fmt.Fprint(s.out, string(output))
}

// ask runs heketi-cli likewise.
func (s *stage) ask(ctx context.Context, args ...string) error {
	fmt.Fprintf(s.out, "$ heketi-cli %s\n", strings.Join(args, " "))
	output, err := s.heketi.CLI(ctx, args...)
	s.print(output)
	return err
}

// apply applies a file of examples/ with some of its text replaced.
func (s *stage) apply(ctx context.Context, name string, replace ...string) error {
	text, err := os.ReadFile(filepath.Join(s.root, "examples", name))
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, name)
	if err := os.WriteFile(file, []byte(strings.NewReplacer(replace...).Replace(string(text))), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "$ kubectl apply -f examples/%s\n", name)
	output, err := s.cluster.Kubectl(ctx, "apply", "-f", file)
	s.print(output)
	return err
}

func (s *stage) kubectl() string {
	return filepath.Join(s.root, "bin", "bench", string(bench.DefaultKubernetes), "kubectl")
}
