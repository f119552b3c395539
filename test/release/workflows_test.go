package release

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

var (
	pinned     = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+@[0-9a-f]{40}$`)
	makeTarget = regexp.MustCompile(`\bmake ([a-z0-9.-]+)`)
)

// workflow is what of a workflow file is looked at; actionlint looks at the rest.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions    map[string]string
		TimeoutMinutes int `json:"timeout-minutes"`
		Steps          []struct{ Uses, Run string }
	}
}

// TestWorkflows holds that workflow files run what anybody can run, targets of the Makefile, that they use
// other people's actions as they were at one commit, and have few rights, no secrets and an end.
func TestWorkflows(t *testing.T) {
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no workflow files: %v", err)
	}
	targets := regexp.MustCompile(`(?m)^([a-z0-9.-]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var parsed workflow
		if err := yaml.Unmarshal(text, &parsed); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if strings.Contains(string(text), "secrets.") {
			t.Errorf("%s uses a secret", file)
		}
		if parsed.Permissions == nil || slices.Contains(valuesOf(parsed.Permissions), "write") {
			t.Errorf("%s does not begin with rights to read at most: %v", file, parsed.Permissions)
		}
		for name, job := range parsed.Jobs {
			if job.TimeoutMinutes == 0 {
				t.Errorf("%s: job %s has no timeout-minutes", file, name)
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: job %s uses %q, which is not at a commit", file, name, step.Uses)
				}
				for _, made := range makeTarget.FindAllStringSubmatch(step.Run, -1) {
					if !slices.ContainsFunc(targets, func(target []string) bool { return target[1] == made[1] }) {
						t.Errorf("%s: job %s runs %q, which the Makefile does not have", file, name, made[0])
					}
				}
			}
		}
	}
}

func valuesOf(rights map[string]string) (values []string) {
	for _, right := range rights {
		values = append(values, right)
	}
	return values
}
