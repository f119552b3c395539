package app

import (
	"context"

	"github.com/spf13/cobra"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/preflight"
)

func checkCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "check",
		Short: "Check whether the cluster has what volumes need, and whether what is installed works",
		Long: "Checks whether the cluster has what volumes need, and whether what is installed works. Each line\n" +
			"says ok, wrong or unknown, and what to do. Exit status 0 if all is ok, 1 if something is wrong, 2\n" +
			"if something could not be told.",
		Args: cobra.NoArgs,
	}
	output := newOutput(command, table, jsonText, yamlText)
	command.RunE = s.tell(output, func(ctx context.Context, cluster cluster.Cluster) (printing, error) {
		facts, err := preflight.Read(ctx, cluster)
		if err != nil {
			return printing{}, err
		}
		report := preflight.Judge(facts)
		lines := newTable(column{name: "what"}, column{name: "state"}, column{name: "says"}, column{name: "to do"})
		for _, line := range report.Lines {
			addRow(lines, line.What, string(line.State), line.Says, line.Remedy)
		}
		return printing{content: report, table: lines, status: statusOf(report.State)}, nil
	})
	return command
}
