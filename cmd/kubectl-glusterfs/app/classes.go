package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
)

func classesCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "classes",
		Short: "List the provisioner's classes, and what is wrong with them",
		Long: "Lists the provisioner's classes, whether volumes can be made for them, and how many of their\n" +
			"GIDs PersistentVolumes have. heketi is not asked. Exit status 0 if all are valid, 1 if one is\n" +
			"not, 2 if it could not be told.",
		Args: cobra.NoArgs,
	}
	output := newOutput(command, table, wide, jsonText, yamlText, names)
	command.RunE = func(command *cobra.Command, _ []string) error {
		if err := output.check(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(command.Context(), readBound)
		defer cancel()
		cluster, err := s.cluster()
		if err != nil {
			return err
		}
		all, volumes := cluster.Classes(ctx), cluster.Volumes(ctx)
		if all.Err != nil {
			return all.Err
		}
		if volumes.Err != nil {
			return fmt.Errorf("cannot tell how many GIDs are taken: %w", volumes.Err)
		}
		classes := inventory.Classes(s.installed.Provisioner, all.Value, volumes.Value)
		if err := output.print(command.OutOrStdout(), classesPrinted(classes)); err != nil {
			return err
		}
		for _, class := range classes {
			if !class.Valid {
				return outcome(exitWrong)
			}
		}
		return nil
	}
	return command
}

func classesPrinted(classes []inventory.Class) printing {
	p := printing{content: list[inventory.Class]{classes}, table: newTable(
		column{name: "name"}, column{name: "valid"}, column{name: "heketi"}, column{name: "gids"}, column{name: "taken"},
		column{name: "type", wide: true}, column{name: "source", wide: true}, column{name: "grows", wide: true}, column{name: "secret", wide: true},
		column{name: "problem"})}
	for _, class := range classes {
		gids, taken := "", ""
		if class.Valid {
			gids, taken = fmt.Sprintf("%d-%d", class.GIDMin, class.GIDMax), strconv.Itoa(class.GIDsTaken)
		}
		problem := strings.Join(append([]string{class.Problem}, class.Warnings...), " ")
		addRow(p.table, class.Name, strconv.FormatBool(class.Valid), class.Heketi, gids, taken, class.Type, class.Source, strconv.FormatBool(class.Grows), class.Secret, strings.TrimSpace(problem))
		p.names = append(p.names, "storageclass.storage.k8s.io/"+class.Name)
	}
	return p
}
