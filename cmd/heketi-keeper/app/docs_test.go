package app

import (
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"

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
	documented.MetricsOfProcess(t, ownMetrics(t), "keeper")
}

func TestPromlint(t *testing.T) {
	documented.Lint(t, ownMetrics(t))
}

// TestDocsTellAllChecks holds docs/metrics.md against the checks, both ways.
func TestDocsTellAllChecks(t *testing.T) {
	documented.Checks(t, newState().checks(), "keeper")
}
