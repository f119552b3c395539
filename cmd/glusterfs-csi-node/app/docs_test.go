package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"
	"google.golang.org/grpc"

	"glusterfs-provisioner/node"
	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/registration"
	"glusterfs-provisioner/test/documented"
)

// ownMetrics returns those of the plugin, each with a series.
func ownMetrics(t *testing.T) []*model.MetricFamily {
	t.Helper()
	registry := prometheus.NewRegistry()
	m := newMetrics(registry, func() int { return 0 }, func() error { return errors.New("not yet") })
	m.observeVolumes([]node.Volume{{Name: "pvc-1", Condition: mount.Condition{Health: mount.Dead}}})
	m.observeMount(time.Second, errors.New("it fails"))
	_, _ = m.observeCall(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: "/csi.v1.Node/NodeStageVolume"},
		func(context.Context, any) (any, error) { return nil, nil })
	registry.MustRegister(newServersRead(), newClientInfo(func(context.Context) (client.Version, error) { return "10.3", nil }))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestDocsTellAllMetrics holds docs/metrics.md against what the plugin exports, both ways.
func TestDocsTellAllMetrics(t *testing.T) {
	documented.MetricsOfProcess(t, ownMetrics(t), "node")
}

func TestPromlint(t *testing.T) {
	documented.Lint(t, ownMetrics(t))
}

func TestRegistrationIsAMetric(t *testing.T) {
	for _, family := range ownMetrics(t) {
		if family.GetName() == "glusterfs_csi_node_registered" && family.GetMetric()[0].GetGauge().GetValue() != 0 {
			t.Error("it is registered, though kubelet has not")
		}
	}
}

func TestDocsTellWhyVolumesAreNotMounted(t *testing.T) {
	var told []client.Cause
	for _, row := range documented.Table(t, "metrics.md", "`reason`", "what is the matter") {
		told = append(told, client.Cause(documented.Words(row["`reason`"])[0]))
	}
	if !slices.Equal(told, client.Causes) {
		t.Errorf("docs/metrics.md tells of the reasons %q, and there are %q", told, client.Causes)
	}
}

// TestDocsTellAllChecks holds docs/metrics.md against the checks, both ways.
func TestDocsTellAllChecks(t *testing.T) {
	documented.Checks(t, checks(NewOptions(), registration.New(node.DriverName, "/csi.sock")), "node plugin")
}
