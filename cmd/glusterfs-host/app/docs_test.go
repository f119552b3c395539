package app

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"

	"glusterfs-provisioner/host"
	"glusterfs-provisioner/host/preflight"
	"glusterfs-provisioner/test/documented"
)

// ownMetrics returns those of the host.
func ownMetrics(t *testing.T) []*model.MetricFamily {
	t.Helper()
	registry := prometheus.NewRegistry()
	registerMetrics(registry, func() (*host.State, time.Time) { return nil, time.Time{} })
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestDocsTellAllMetrics holds docs/metrics.md against what the host exports, both ways.
func TestDocsTellAllMetrics(t *testing.T) {
	documented.MetricsOfProcess(t, ownMetrics(t), "host")
}

func TestPromlint(t *testing.T) {
	documented.Lint(t, ownMetrics(t))
}

// TestDocsTellAllChecks holds docs/metrics.md against the checks, both ways.
func TestDocsTellAllChecks(t *testing.T) {
	documented.Checks(t, newLatest(time.Second).checks(), "host")
}

// TestDocsTellAllNodeChecks holds docs/glusterfs-host.md against the checks of a node, in their order.
func TestDocsTellAllNodeChecks(t *testing.T) {
	var told []string
	atStart := map[string]bool{}
	for _, row := range documented.Table(t, "glusterfs-host.md", "check", "it fails where", "what to do", "at each start, too") {
		name := documented.Words(row["check"])[0]
		told = append(told, name)
		atStart[name] = row["at each start, too"] == "yes"
	}
	if !slices.Equal(told, preflight.Names()) {
		t.Errorf("docs/glusterfs-host.md tells of %q, and there are %q", told, preflight.Names())
	}
	for _, name := range preflight.Names() {
		if is := slices.Contains(preflight.AtStart, name); atStart[name] != is {
			t.Errorf("docs/glusterfs-host.md says of %s that it is checked at each start: %v, and it is %v", name, atStart[name], is)
		}
	}
}
