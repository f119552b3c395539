package app

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
)

func listCommand(s *settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "list",
		Short: "List the GlusterFS volumes of a namespace's claims",
		Args:  cobra.NoArgs,
	}
	everywhere := command.Flags().BoolP("all-namespaces", "A", false, "List all volumes, those without a claim, too.")
	output := newOutput(command, table, wide, jsonText, yamlText, names)
	command.RunE = s.tell(output, func(ctx context.Context, cluster cluster.Cluster) (printing, error) {
		namespace, err := s.namespace()
		if err != nil {
			return printing{}, err
		}
		if *everywhere {
			namespace = metav1.NamespaceAll
		}
		all := cluster.Volumes(ctx)
		if all.Err != nil {
			return printing{}, all.Err
		}
		return volumesPrinted(inventory.Volumes(all.Value, namespace), *everywhere), nil
	})
	return command
}

// volumesPrinted has a column for the namespace only if there may be several.
func volumesPrinted(volumes []inventory.Volume, withNamespace bool) printing {
	columns := []column{{name: "claim"}, {name: "volume"}, {name: "class"}, {name: "size"}, {name: "gid"}, {name: "phase"},
		{name: "source", wide: true}, {name: "heketi", wide: true}, {name: "cluster", wide: true}, {name: "id", wide: true}, {name: "provisioner", wide: true}}
	if withNamespace {
		columns = append([]column{{name: "namespace"}}, columns...)
	}
	p := printing{content: list[inventory.Volume]{volumes}, table: newTable(columns...)}
	for _, v := range volumes {
		gid := ""
		if v.GID != 0 {
			gid = strconv.FormatUint(uint64(v.GID), 10)
		}
		cells := []string{v.Claim, v.PersistentVolume, v.Class, v.Size, gid, string(v.Phase), string(v.Source), v.Heketi, v.Cluster, v.ID, v.Provisioner}
		if withNamespace {
			cells = append([]string{v.Namespace}, cells...)
		}
		addRow(p.table, cells...)
		p.names = append(p.names, "persistentvolume/"+v.PersistentVolume)
	}
	return p
}

// list is what JSON and YAML have of several.
type list[T any] struct {
	Items []T `json:"items"`
}
