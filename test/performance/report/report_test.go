package report

import (
	"strings"
	"testing"
)

func TestOnlyWhatIsBetweenTheMarksIsReplaced(t *testing.T) {
	const old = "before\n<!-- load: begin -->\nold\n<!-- load: end -->\nafter\n"
	const want = "before\n<!-- load: begin -->\nnew\n<!-- load: end -->\nafter\n"
	for range 2 {
		if got, err := replace(old, "load", "new\n"); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestAFileWithoutTheMarksIsLeftAlone(t *testing.T) {
	for text, missing := range map[string]string{
		"text\n":                                  "begin",
		"<!-- load: begin -->\nold\n":             "end",
		"<!-- load: end -->\n":                    "begin",
		"<!-- scale: begin -->\n":                 "begin",
		"<!-- load: begin --> <!-- load: end -->": "begin",
	} {
		if got, err := replace(text, "load", "new\n"); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%q: got %q, %v, want an error that names what is missing", text, got, err)
		}
	}
}

func TestTable(t *testing.T) {
	table := Table{Title: "Burst", Note: "At once.", Columns: []string{"who", "rate"}}
	if got := table.Markdown(); got != "" {
		t.Errorf("without rows: got %q, want nothing", got)
	}
	table.Add("ours", "60/s")
	const want = "\n### Burst\n\nAt once.\n\n| who | rate |\n|---|---|\n| ours | 60/s |\n"
	if got := table.Markdown(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestThisMachine(t *testing.T) {
	got, err := ThisMachine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Cores < 1 || got.Memory < 1<<28 || got.Kernel == "" || got.Commit == "" || !strings.HasPrefix(got.Go, "go") {
		t.Errorf("got %+v", got)
	}
}
