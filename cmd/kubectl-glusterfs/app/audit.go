package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/util/exec"
)

// auditBound is how long an audit may take that also asks gluster on all hosts.
const auditBound = time.Hour

func auditCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "audit [-- FLAGS]",
		Short: "Compare heketi's volumes with Kubernetes', in a pod of the provisioner",
		Long: "Runs the provisioner's audit in one of its pods, from which heketi can be reached, and prints what\n" +
			"it found. It takes the audit's flags behind two dashes, such as -- --gluster. One has to be allowed\n" +
			"to run commands in these pods. Exit status 0 if all is well, 1 if something was found, 2 if a\n" +
			"heketi could not be asked.",
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		if command.ArgsLenAtDash() != 0 && len(args) > 0 {
			return fmt.Errorf("unknown argument %q; the audit's flags stand behind two dashes", args[0])
		}
		ctx, cancel := context.WithTimeout(command.Context(), auditBound)
		defer cancel()
		return s.runInPod(ctx, command, append([]string{"/glusterfs-provisioner", "audit"}, args...))
	}
	return command
}

// runInPod runs a command in a pod of the provisioner, and ends as it does.
func (s *settings) runInPod(ctx context.Context, command *cobra.Command, words []string) error {
	cluster, err := s.cluster()
	if err != nil {
		return err
	}
	pod, err := cluster.Pod(ctx)
	if err != nil {
		return err
	}
	err = cluster.Run(ctx, pod, words, command.OutOrStdout(), command.ErrOrStderr())
	var ended exec.CodeExitError
	if errors.As(err, &ended) {
		return outcome(ended.Code)
	}
	if err != nil {
		return fmt.Errorf("cannot run %q in the pod %s/%s: %w", words, pod.Namespace, pod.Name, err)
	}
	return nil
}
