package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/node"
	"glusterfs-provisioner/test/e2e/person"
)

// invite returns a person who follows docs/walkthrough.md and has the project's manifests, with what the README tells to put
// into them: the images' names, and heketi's key and URL.
func invite(folder string) (*person.Person, error) {
	return person.New(person.Options{
		Root: env.root, Page: "docs/walkthrough.md", Folder: folder, Bound: commandBound,
		Given: []string{"deploy", "examples"},
		Fill: strings.NewReplacer(
			"image: glusterfs-provisioner:0.1.0", "image: "+node.ProvisionerImage,
			"image: glusterfs-csi-node:0.1.0", "image: "+node.PluginImage,
			"key: adminkey", "key: "+env.heketi.AdminKey(),
			"http://heketi.example.com:8080", env.heketi.URL(),
		),
		Programs: []string{filepath.Dir(env.programs.cluster.Kubectl), filepath.Dir(env.programs.heketi.CLI)},
		Environment: []string{
			"KUBECONFIG=" + env.cluster.Kubeconfig(),
			"HEKETI_CLI_SERVER=" + env.heketi.URL(), "HEKETI_CLI_USER=admin", "HEKETI_CLI_KEY=" + env.heketi.AdminKey(),
		},
	})
}

// walk takes steps of docs/walkthrough.md, and returns what the last one printed.
func walk(t *testing.T, commands ...string) (output string) {
	t.Helper()
	for _, command := range commands {
		var err error
		if output, err = env.person.Types(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	return output
}
