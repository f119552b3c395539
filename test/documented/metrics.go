package documented

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	model "github.com/prometheus/client_model/go"
	"k8s.io/component-base/metrics/legacyregistry"
)

// MetricsOfProcess is Metrics for a process that exports its own metrics, and those of
// Go and of Kubernetes' libraries.
func MetricsOfProcess(t *testing.T, own []*model.MetricFamily, by string) {
	t.Helper()
	usual, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	Metrics(t, append(own, usual...), by)
}

// Metrics holds the rows of docs/metrics.md that are exported by the given sort of process
// against what such a process exports, both ways: the names, and for metrics of our own, whose
// names a row has in full, the types and labels.
func Metrics(t *testing.T, exported []*model.MetricFamily, by string) {
	t.Helper()
	rows := map[string]map[string]string{}
	for _, row := range Table(t, "metrics.md", "metric", "type", "labels", "who", "what it tells") {
		if !slices.Contains(strings.Split(row["who"], ", "), by) {
			continue
		}
		for _, name := range Words(row["metric"]) {
			rows[name] = row
		}
	}
	found := map[string]bool{}
	for _, family := range exported {
		name := nameIn(rows, family.GetName())
		if name == "" {
			t.Errorf("docs/metrics.md does not tell of %s, which a %s exports", family.GetName(), by)
			continue
		}
		found[name] = true
		if row := rows[name]; name == family.GetName() {
			checkRow(t, row, family)
		}
	}
	for name := range rows {
		if !found[name] {
			t.Errorf("docs/metrics.md tells of %s, which no %s exports", name, by)
		}
	}
}

// Lint has Prometheus' own linter look at metrics.
func Lint(t *testing.T, families []*model.MetricFamily) {
	t.Helper()
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// nameIn returns the name in the table that stands for a metric; empty if none does.
func nameIn(rows map[string]map[string]string, metric string) string {
	if _, itself := rows[metric]; itself {
		return metric
	}
	for name := range rows {
		if matched, _ := path.Match(name, metric); matched {
			return name
		}
	}
	return ""
}

func checkRow(t *testing.T, row map[string]string, family *model.MetricFamily) {
	t.Helper()
	if is := strings.ToLower(family.GetType().String()); is != row["type"] {
		t.Errorf("docs/metrics.md says that %s is a %s, and it is a %s", family.GetName(), row["type"], is)
	}
	labels := map[string]bool{}
	for _, metric := range family.GetMetric() {
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = true
		}
	}
	if has, told := slices.Sorted(maps.Keys(labels)), slices.Sorted(slices.Values(Words(row["labels"]))); !slices.Equal(has, told) {
		t.Errorf("docs/metrics.md says that %s has the labels %q, and it has %q", family.GetName(), told, has)
	}
}
