package app

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"glusterfs-provisioner/keeper/topologyfile"
)

// convertCommand asks nobody, so that a file can be converted before there is a cluster.
func convertCommand() *cobra.Command {
	var named string
	command := &cobra.Command{
		Use:   "convert-topology FILE",
		Short: "Print the GlusterClusters that say what a topology file of heketi-cli or gk-deploy says",
		Args:  cobra.ExactArgs(1),
	}
	command.Flags().StringVar(&named, "name", "glusterfs", "Name of the GlusterCluster; of several clusters in the file, each gets its number behind it.")
	command.RunE = func(command *cobra.Command, args []string) error {
		text, err := readFile(args[0], command.InOrStdin())
		if err != nil {
			return err
		}
		specs, err := topologyfile.Read(text)
		if err != nil {
			return fmt.Errorf("%s cannot be converted, and nothing was printed: %w", args[0], err)
		}
		yaml, err := topologyfile.Write(specs, named)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(command.OutOrStdout(), yaml)
		return err
	}
	return command
}

// readFile reads a file, or what is given to the command for "-".
func readFile(path string, in io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(path)
}
