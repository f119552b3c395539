package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"
	"k8s.io/component-base/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/bundle"
)

// bundleBound is how long it may take to gather all logs.
const bundleBound = 5 * time.Minute

func bundleCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "bundle",
		Short: "Write an archive for a report of a problem, without keys",
		Long: "Writes a .tar.gz with the version, what deploy/ has installed, classes, PersistentVolumes, claims,\n" +
			"events, the provisioner's journal, and the ends of its pods' logs and their metrics; where GlusterFS\n" +
			"is in Kubernetes, also what GlusterClusters, heketi and the GlusterFS pods tell. It reads no\n" +
			"Secret, and hides keys that stand in classes. Names of namespaces, claims, nodes and hosts are in\n" +
			"it: look into it before you publish it.",
		Args: cobra.NoArgs,
	}
	file := command.Flags().StringP("file", "f", "", "File to write, or - for the standard output. (default glusterfs-bundle-TIME.tar.gz)")
	command.RunE = func(command *cobra.Command, _ []string) error {
		ctx, cancel := context.WithTimeout(command.Context(), bundleBound)
		defer cancel()
		source, err := s.bundleSource()
		if err != nil {
			return err
		}
		own := version.Get()
		about := fmt.Sprintf("%s %s (commit %s)\n", name, own.GitVersion, own.GitCommit)
		if *file == "-" {
			missing, err := bundle.Write(ctx, source, command.OutOrStdout(), about)
			tellMissing(command.ErrOrStderr(), missing)
			return err
		}
		if *file == "" {
			*file = "glusterfs-bundle-" + time.Now().UTC().Format("20060102-150405") + ".tar.gz"
		}
		missing, err := writeFile(*file, func(out io.Writer) ([]string, error) { return bundle.Write(ctx, source, out, about) })
		if err != nil {
			return err
		}
		tellMissing(command.ErrOrStderr(), missing)
		_, err = fmt.Fprintln(command.OutOrStdout(), "Wrote", *file)
		return err
	}
	return command
}

func (s *settings) bundleSource() (bundle.Source, error) {
	cluster, err := s.cluster()
	if err != nil {
		return bundle.Source{}, err
	}
	config, err := s.flags.ToRESTConfig()
	if err != nil {
		return bundle.Source{}, err
	}
	config.QPS, config.Burst = -1, -1
	objects, err := dynamic.NewForConfig(config)
	return bundle.Source{Cluster: cluster, Dynamic: objects}, err
}

// writeFile makes a new file, which nobody else may read, and removes it if it cannot be written.
func writeFile(path string, write func(io.Writer) ([]string, error)) (missing []string, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	missing, err = write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return missing, nil
}

func tellMissing(to io.Writer, missing []string) {
	for _, what := range missing {
		fmt.Fprintln(to, "not in the bundle:", what)
	}
}
