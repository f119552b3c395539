package app

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/why"
)

func whyCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "why CLAIM",
		Short: "Say what a claim waits for, and what to do about it",
		Long: "Says in one sentence what a claim waits for and what to do, and below that what was looked at.\n" +
			"Exit status 0 if nothing is wrong, 1 if something is, 2 if it could not be told.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.completeClaims,
	}
	output := newOutput(command, table, jsonText, yamlText)
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := output.check(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(command.Context(), readBound)
		defer cancel()
		answer, err := s.why(ctx, args[0])
		if err != nil {
			return err
		}
		if output.format == table {
			err = writeAnswer(command.OutOrStdout(), answer)
		} else {
			err = output.print(command.OutOrStdout(), printing{content: answer})
		}
		if err != nil {
			return err
		}
		return statusOf(answer.State)
	}
	return command
}

func (s *settings) why(ctx context.Context, claim string) (why.Answer, error) {
	cluster, err := s.cluster()
	if err != nil {
		return why.Answer{}, err
	}
	namespace, err := s.namespace()
	if err != nil {
		return why.Answer{}, err
	}
	return why.Explain(why.Read(ctx, cluster, types.NamespacedName{Namespace: namespace, Name: claim})), nil
}

// writeAnswer writes an answer for people.
func writeAnswer(out io.Writer, answer why.Answer) error {
	sentence := fmt.Sprintf("Claim %s: %s", answer.Claim, answer.Says)
	if answer.ToDo != "" {
		sentence += ". To do: " + answer.ToDo
	}
	if _, err := fmt.Fprintf(out, "%s.\n\n", sentence); err != nil {
		return err
	}
	looks := newTable(column{name: "looked at"}, column{name: "state"}, column{name: "says"})
	for _, look := range answer.LookedAt {
		addRow(looks, look.At, string(look.State), look.Says)
	}
	return (&output{format: table}).print(out, printing{table: looks})
}

// statusOf is the exit status for a state.
func statusOf(state verdict.State) error {
	switch state {
	case verdict.Fine, verdict.Waits:
		return nil
	case verdict.Wrong:
		return outcome(exitWrong)
	}
	return outcome(exitUnknown)
}

// completeClaims completes the name of a claim.
func (s *settings) completeClaims(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cluster, err := s.cluster()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	namespace, err := s.namespace()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	list, err := cluster.Client.CoreV1().PersistentVolumeClaims(namespace).List(command.Context(), metav1.ListOptions{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
