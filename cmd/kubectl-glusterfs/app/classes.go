package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
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
	command.RunE = s.tell(output, func(ctx context.Context, cluster cluster.Cluster) (printing, error) {
		all, volumes := cluster.Classes(ctx), cluster.Volumes(ctx)
		if all.Err != nil {
			return printing{}, all.Err
		}
		if volumes.Err != nil {
			return printing{}, fmt.Errorf("cannot tell how many GIDs are taken: %w", volumes.Err)
		}
		return classesPrinted(inventory.Classes(s.installed.Provisioner, all.Value, volumes.Value)), nil
	})
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
		if !class.Valid {
			p.status = outcome(exitWrong)
		}
	}
	return p
}
