package app

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/component-base/version"
)

// versions are what the verb version prints.
type versions struct {
	Client     string `json:"client"`
	Commit     string `json:"commit"`
	Kubernetes string `json:"kubernetes,omitempty"`
}

func versionCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this command, and of the API server if it answers",
		Args:  cobra.NoArgs,
	}
	output := newOutput(command, table, jsonText, yamlText)
	command.RunE = func(command *cobra.Command, _ []string) error {
		if err := output.check(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(command.Context(), readBound)
		defer cancel()
		own := version.Get()
		told := versions{Client: own.GitVersion, Commit: own.GitCommit}
		if cluster, err := s.cluster(); err == nil {
			if kubernetes := cluster.Kubernetes(ctx); kubernetes.There {
				told.Kubernetes = "v" + kubernetes.Value.String()
			}
		}
		lines := newTable(column{name: "what"}, column{name: "version"})
		addRow(lines, name, fmt.Sprintf("%s (commit %s, %s, %s)", own.GitVersion, own.GitCommit, own.GoVersion, own.Platform))
		addRow(lines, "Kubernetes", told.Kubernetes)
		return output.print(command.OutOrStdout(), printing{content: told, table: lines})
	}
	return command
}
