package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
)

func heketisCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "heketis",
		Short: "List the heketis that classes and PersistentVolumes name",
		Long: "Lists the heketis that classes and PersistentVolumes name. They are not asked: for what they say,\n" +
			"see the provisioner's audit.",
		Args: cobra.NoArgs,
	}
	output := newOutput(command, table, wide, jsonText, yamlText, names)
	command.RunE = s.tell(output, func(ctx context.Context, cluster cluster.Cluster) (printing, error) {
		classes, volumes := cluster.Classes(ctx), cluster.Volumes(ctx)
		if classes.Err != nil {
			return printing{}, classes.Err
		}
		if volumes.Err != nil {
			return printing{}, volumes.Err
		}
		return heketisPrinted(inventory.Heketis(s.installed.Provisioner, classes.Value, volumes.Value)), nil
	})
	return command
}

func heketisPrinted(heketis []inventory.Heketi) printing {
	p := printing{content: list[inventory.Heketi]{heketis}, table: newTable(
		column{name: "url"}, column{name: "classes"}, column{name: "volumes"}, column{name: "bound"}, column{name: "clusters", wide: true})}
	for _, heketi := range heketis {
		addRow(p.table, heketi.URL, strings.Join(heketi.Classes, ","), strconv.Itoa(heketi.Volumes), strconv.Itoa(heketi.Bound), strings.Join(heketi.Clusters, ","))
		p.names = append(p.names, heketi.URL)
	}
	return p
}
