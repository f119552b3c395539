package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/uuid"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/rollout"
	"glusterfs-provisioner/keeper/maintenance"
	"glusterfs-provisioner/provisioner/podexec"
)

func rolloutCommand(s *settings) *cobra.Command {
	options := rollout.Options{DaemonSet: installed.HostDaemonSet}
	var plan bool
	command := &cobra.Command{
		Use:   "rollout",
		Short: "Replace the GlusterFS pods that have an older template, one by one, each when all has healed",
		Long: "Replaces the GlusterFS pods whose template is older than the DaemonSet's. Before each of them, it\n" +
			"waits until all is whole: each pod is ready, each host reaches its peers, each brick is served\n" +
			"to all clients, and no volume has to heal. No other rollout, and no drain of a disk, takes bricks\n" +
			"away meanwhile. It can be ended at any point, and goes on when it is typed again. Exit status 0\n" +
			"if all is done, 1 if it must not go on, 2 if it could not be told.",
		Args: cobra.NoArgs,
	}
	flags := command.Flags()
	flags.DurationVar(&options.Timeout, "timeout", 30*time.Minute, "How long it is waited for all to be whole before each pod, and for its successor to be ready.")
	flags.BoolVar(&options.Restart, "restart", false, "Replace all pods if none has an older template.")
	flags.BoolVar(&options.AllowOutage, "allow-outage", false, "Go on even if volumes with too few replicas stop meanwhile.")
	flags.BoolVar(&options.RaiseOpVersion, "op-version", false, "In the end, raise the op-version of the pool to the newest that all its hosts know.")
	flags.BoolVar(&plan, "dry-run", false, "Only tell what would be done.")
	command.RunE = func(command *cobra.Command, _ []string) error {
		if options.Timeout <= 0 {
			return fmt.Errorf("--timeout=%s: must be more than 0", options.Timeout)
		}
		options.Namespace = s.installed.GlusterNamespace
		asked, err := s.cluster()
		if err != nil {
			return err
		}
		r := rollout.Rollout{
			Options: options, Client: asked.Client,
			Lease: maintenance.New(asked.Client.CoordinationV1(), options.Namespace, whoTypes()),
			Run: func(ctx context.Context, pod *v1.Pod, words []string) ([]byte, error) {
				return podexec.Printed(ctx, asked.Client, asked.Config, podexec.FirstOf(pod), words)
			},
			Tell: func(sentence string) { fmt.Fprintln(command.OutOrStdout(), sentence) },
		}
		do := r.Replace
		if plan {
			do = r.Plan
		}
		return howItEnded(command, do(command.Context()))
	}
	return command
}

// whoTypes says whose rollout it is to those who wait for it. No two are the same.
func whoTypes() string {
	who, where := "somebody", "some machine"
	if known, err := user.Current(); err == nil {
		who = known.Username
	}
	if name, err := os.Hostname(); err == nil {
		where = name
	}
	return fmt.Sprintf("kubectl glusterfs rollout by %s on %s, process %d (%s)", who, where, os.Getpid(), uuid.NewUUID())
}

// howItEnded tells why it did not go on, where that is a verdict.
func howItEnded(command *cobra.Command, err error) error {
	var stopped *rollout.StoppedError
	switch {
	case errors.As(err, &stopped):
		fmt.Fprintln(command.OutOrStdout(), stopped.Says)
		return outcome(exitWrong)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted; a pod that was deleted is replaced nonetheless. Type the command again, and it goes on")
	}
	return err
}
