package app

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
)

// readBound is how long all that a verb asks the API server may take.
const readBound = time.Minute

// tell runs a verb that asks the cluster something and prints the answer.
func (s *settings) tell(output *output, ask func(context.Context, cluster.Cluster) (printing, error)) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, _ []string) error {
		if err := output.check(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(command.Context(), readBound)
		defer cancel()
		asked, err := s.cluster()
		if err != nil {
			return err
		}
		answer, err := ask(ctx, asked)
		if err != nil {
			return err
		}
		if err := output.print(command.OutOrStdout(), answer); err != nil {
			return err
		}
		return answer.status
	}
}
