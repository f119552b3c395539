package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/node"
)

// person follows a page of the docs, in a folder with the files that it names.
type person struct {
	folder string
	// page is the page's file, guide its text.
	page, guide string
	environment []string
}

// invite gives a person who follows docs/walkthrough.md the project's manifests, with what the README tells to put
// into them: the images' names, and heketi's key and URL.
func invite(folder string) (*person, error) {
	guide, err := os.ReadFile(filepath.Join(env.root, "docs", "walkthrough.md"))
	if err != nil {
		return nil, err
	}
	fill := strings.NewReplacer(
		"image: glusterfs-provisioner:0.1.0", "image: "+node.ProvisionerImage,
		"image: glusterfs-csi-node:0.1.0", "image: "+node.PluginImage,
		"key: adminkey", "key: "+env.heketi.AdminKey(),
		"http://heketi.example.com:8080", env.heketi.URL(),
	)
	for _, pattern := range []string{"deploy/*.yaml", "deploy/csi/*.yaml", "deploy/csi/container-client/*.yaml", "examples/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(env.root, pattern))
		if err != nil {
			return nil, err
		}
		if err := copyFilled(files, filepath.Join(folder, filepath.Dir(pattern)), fill); err != nil {
			return nil, err
		}
	}
	return &person{
		folder: folder,
		page:   "docs/walkthrough.md",
		guide:  string(guide),
		environment: []string{
			"HOME=" + folder,
			"PATH=" + filepath.Dir(env.programs.cluster.Kubectl) + ":" + filepath.Dir(env.programs.heketi.CLI) + ":" + os.Getenv("PATH"),
			"KUBECONFIG=" + env.cluster.Kubeconfig(),
			"HEKETI_CLI_SERVER=" + env.heketi.URL(), "HEKETI_CLI_USER=admin", "HEKETI_CLI_KEY=" + env.heketi.AdminKey(),
		},
	}, nil
}

// copyFilled copies files to a folder, filled in.
func copyFilled(files []string, to string, fill *strings.Replacer) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), []byte(fill.Replace(string(text))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// types runs a command that the page has, as it stands there, for anybody or for root, and
// returns what it printed, without surrounding space.
func (p *person) types(ctx context.Context, command string) (string, error) {
	if !strings.Contains(p.guide, "\n$ "+command+"\n") && !strings.Contains(p.guide, "\n# "+command+"\n") {
		return "", fmt.Errorf("%s does not tell to run %q", p.page, command)
	}
	return p.runs(ctx, command)
}

// runs runs a command, and returns what it printed, without surrounding space.
func (p *person) runs(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandBound)
	defer cancel()
	output, err := bench.Run(ctx, p.environment, "sh", "-c", "cd "+p.folder+" && "+command)
	return strings.TrimSpace(string(output)), err
}

// walk takes steps of docs/walkthrough.md, and returns what the last one printed.
func walk(t *testing.T, commands ...string) (output string) {
	t.Helper()
	for _, command := range commands {
		var err error
		if output, err = env.person.types(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	return output
}
