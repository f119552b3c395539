package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
	for _, given := range []string{"deploy", "examples"} {
		if err := copyFilled(filepath.Join(env.root, given), filepath.Join(folder, given), fill); err != nil {
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

// copyFilled copies a folder and all below it, filled in.
func copyFilled(from, to string, fill *strings.Replacer) error {
	return filepath.WalkDir(from, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, below), 0o755)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, below), []byte(fill.Replace(string(text))), 0o700)
	})
}

// indentation is what commands have before them in the steps of a list.
var indentation = regexp.MustCompile(`(?m)^ +`)

// alsoReads returns the person with another page besides.
func (p *person) alsoReads(page string) (*person, error) {
	text, err := os.ReadFile(filepath.Join(env.root, page))
	if err != nil {
		return nil, err
	}
	both := *p
	both.page, both.guide = p.page+" or "+page, p.guide+indentation.ReplaceAllString(string(text), "")
	return &both, nil
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
