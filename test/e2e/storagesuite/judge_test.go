package storagesuite

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const blockRule = `\(block volmode\)`

// reportOf is a report as ginkgo writes it, of specs of the suite by their names.
func reportOf(t *testing.T, states map[string]string) []spec {
	t.Helper()
	var entries []string
	for name, state := range states {
		entries = append(entries, `{"ContainerHierarchyTexts": ["`+suiteName+`"], "LeafNodeType": "It", "LeafNodeText": "`+name+
			`", "State": "`+state+`", "Failure": {"Message": "`+name+` says why"}}`)
	}
	entries = append(entries,
		`{"ContainerHierarchyTexts": ["[sig-apps] Job"], "LeafNodeType": "It", "LeafNodeText": "of another suite", "State": "skipped"}`,
		`{"ContainerHierarchyTexts": null, "LeafNodeType": "SynchronizedBeforeSuite", "LeafNodeText": "", "State": "passed"}`,
	)
	path := filepath.Join(t.TempDir(), "report.json")
	text := `[{"SuiteSucceeded": true, "SpecReports": [` + strings.Join(entries, ",") + `]}]`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	specs, err := readReport(path)
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name   string
		states map[string]string
		asked  string
		want   []string
	}{
		{name: "all well", states: map[string]string{"(fs) writes": "passed", "(block volmode) writes": "skipped"}},
		{name: "one failed", states: map[string]string{"(fs) writes": "passed", "(fs) reads": "failed", "(block volmode) writes": "skipped"},
			want: []string{"failed: " + suiteName + " (fs) reads: (fs) reads says why"}},
		{name: "one panicked", states: map[string]string{"(fs) writes": "passed", "(fs) reads": "panicked", "(block volmode) writes": "skipped"},
			want: []string{"panicked: "}},
		{name: "one took too long", states: map[string]string{"(fs) writes": "passed", "(fs) reads": "timedout", "(block volmode) writes": "skipped"},
			want: []string{"timedout: "}},
		{name: "left out without a rule", states: map[string]string{"(fs) writes": "passed", "(fs) reads": "skipped", "(block volmode) writes": "skipped"},
			want: []string{"no rule leaves it out, and it did not run: " + suiteName + " (fs) reads: (fs) reads says why"}},
		{name: "none ran", states: map[string]string{"(block volmode) writes": "skipped"}, want: []string{"no spec ran and passed"}},
		{name: "none is there", states: nil, want: []string{"no spec ran and passed", "leaves out no spec: remove it"}},
		{name: "a rule without a spec", states: map[string]string{"(fs) writes": "passed"}, want: []string{"leaves out no spec: remove it"}},
		{name: "a part is asked for", asked: "writes",
			states: map[string]string{"(fs) writes": "passed", "(fs) reads": "skipped", "(block volmode) reads": "skipped"}},
		{name: "nothing is asked for", asked: "sings",
			states: map[string]string{"(fs) writes": "skipped", "(block volmode) writes": "skipped"}, want: []string{"no spec ran and passed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := judge(reportOf(t, test.states), regexp.MustCompile(test.asked), []Rule{{Specs: blockRule, Reason: "no block"}})
			if len(test.want) == 0 && err != nil {
				t.Errorf("all is well, but: %v", err)
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v, want %q in it", err, want)
				}
			}
		})
	}
}

func TestJudgeCounts(t *testing.T) {
	specs := reportOf(t, map[string]string{
		"(fs) writes": "passed", "(fs) reads": "passed", "(block volmode) writes": "skipped", "(block volmode) reads": "skipped",
	})
	summary, err := judge(specs, regexp.MustCompile("."), []Rule{{Specs: blockRule, Reason: "no block"}})
	if err != nil {
		t.Fatal(err)
	}
	if summary.Passed != 2 || summary.LeftOut["no block"] != 2 {
		t.Errorf("the summary is %+v, want 2 that passed and 2 that are left out", summary)
	}
}

// TestJudgeWhatRunsBeforeAll has the cluster not be ready for the suite.
func TestJudgeWhatRunsBeforeAll(t *testing.T) {
	before := spec{LeafNodeType: "SynchronizedBeforeSuite", State: "failed"}
	before.Failure.Message = "no node is ready"
	specs := append(reportOf(t, map[string]string{"(fs) writes": "passed"}), before)
	_, err := judge(specs, regexp.MustCompile("."), nil)
	if err == nil || !strings.Contains(err.Error(), "SynchronizedBeforeSuite of the suite failed: no node is ready") {
		t.Errorf("the error is %v", err)
	}
}

func TestReportIsMissing(t *testing.T) {
	if _, err := readReport(filepath.Join(t.TempDir(), "report.json")); err == nil || !strings.Contains(err.Error(), "no report") {
		t.Errorf("the error is %v", err)
	}
}

// TestRules sees that each rule can be understood.
func TestRules(t *testing.T) {
	if len(leftOut) == 0 {
		t.Fatal("there are no rules")
	}
	for _, rule := range leftOut {
		if _, err := regexp.Compile(rule.Specs); err != nil || rule.Specs == "" || len(rule.Reason) < 20 {
			t.Errorf("the rule %+v wants an expression and a reason: %v", rule, err)
		}
	}
}
