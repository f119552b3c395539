package monitoring

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// ruleTests is as much of promtool's test files as ours have.
type ruleTests struct {
	Tests []struct {
		Name     string `json:"name"`
		Evaluate []struct {
			Expr     string `json:"expr"`
			EvalTime string `json:"eval_time"`
			Samples  []struct {
				Labels string `json:"labels"`
			} `json:"exp_samples"`
		} `json:"promql_expr_test"`
	} `json:"tests"`
}

var alertName = regexp.MustCompile(`alertname="(\w+)"`)

// TestEachAlertIsTested has a test for each alert in which it fires, and one in which it is
// silent although its metrics are there.
func TestEachAlertIsTested(t *testing.T) {
	t.Parallel()
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, file := range testFiles(t) {
		var tests ruleTests
		if err := yaml.Unmarshal(read(t, "test", "monitoring", "testdata", filepath.Base(file)), &tests); err != nil {
			t.Fatal(err)
		}
		for _, test := range tests.Tests {
			for _, evaluation := range test.Evaluate {
				if about := alertName.FindStringSubmatch(evaluation.Expr); about != nil && len(evaluation.Samples) == 0 {
					silent[about[1]] = true
				}
				for _, sample := range evaluation.Samples {
					fires[alertName.FindStringSubmatch(sample.Labels)[1]] = true
				}
			}
		}
	}
	for _, rule := range rulesOf(t).All() {
		if !fires[rule.Alert] || !silent[rule.Alert] {
			t.Errorf("%s: tested to fire: %v, to be silent: %v", rule.Alert, fires[rule.Alert], silent[rule.Alert])
		}
	}
}

func testFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no tests of the rules: %v", err)
	}
	return files
}

// TestAlerts has promtool check the rules, and test them on series that are good and bad.
func TestAlerts(t *testing.T) {
	onlyIfWanted(t)
	promtool, err := bench.BuildPromtool(t.Context(), "", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(rootOf(t), Folder, RulesFile)
	for _, args := range [][]string{
		{"check", "rules", "--lint=all", "--lint-fatal", rules},
		slices.Concat([]string{"test", "rules"}, testFiles(t)),
	} {
		if output, err := bench.Run(t.Context(), nil, promtool, args...); err != nil {
			t.Errorf("promtool %s: %v\n%s", args[0], err, output)
		}
	}
}
