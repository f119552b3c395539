package app

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	model "github.com/prometheus/client_model/go"
	"k8s.io/component-base/metrics/legacyregistry"

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/test/documented"
)

// ownMetrics returns those of the keeper, each with a series.
func ownMetrics(t *testing.T) []*model.MetricFamily {
	t.Helper()
	registry := prometheus.NewRegistry()
	m := newMetrics(registry, func() bool { return true })
	m.observeSave(time.Second, errors.New("it fails"))
	m.observeSave(time.Second, nil)
	m.observeSaved(database.Generation{Number: 7, Size: 3, Pieces: 1})
	m.observeDisks([]*glustercluster.Object{{}})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestDocsTellAllMetrics holds docs/metrics.md against what the keeper exports, both ways.
func TestDocsTellAllMetrics(t *testing.T) {
	usual, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	documented.Metrics(t, append(ownMetrics(t), usual...), "keeper")
}

func TestPromlint(t *testing.T) {
	problems, err := promlint.NewWithMetricFamilies(ownMetrics(t)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// TestDocsTellAllChecks holds docs/metrics.md against the checks, both ways.
func TestDocsTellAllChecks(t *testing.T) {
	all := newState().checks()
	var has, told []string
	for path, checks := range map[string][]serving.Check{"/livez": all.Live, "/readyz": all.Ready} {
		for _, check := range checks {
			has = append(has, path+" `"+check.Name+"`")
		}
	}
	for _, row := range documented.Table(t, "metrics.md", "program", "path", "check", "it fails") {
		if row["program"] == "keeper" {
			told = append(told, documented.Words(row["path"])[0]+" "+row["check"])
		}
	}
	slices.Sort(has)
	if !slices.Equal(has, told) {
		t.Errorf("docs/metrics.md tells of %q, and there are %q", told, has)
	}
}
