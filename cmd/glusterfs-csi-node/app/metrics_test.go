package app

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"glusterfs-provisioner/node"
	"glusterfs-provisioner/node/mount"
)

// told are the metrics of a name, as lines with the values of their labels.
func told(t *testing.T, registry *prometheus.Registry, name string) []string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			line := ""
			for _, label := range metric.GetLabel() {
				line += label.GetValue() + " "
			}
			lines = append(lines, line+fmt.Sprint(metric.GetGauge().GetValue()))
		}
	}
	return lines
}

// TestVolumesInMetrics counts volumes by their health, and names those that are not alive
// for as long as they are not.
func TestVolumesInMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := newMetrics(registry, func() int { return 0 }, func() error { return nil })
	volumes := []node.Volume{
		{Name: "pvc-1", PersistentVolume: "pv-1", Condition: mount.Condition{Health: mount.Alive}},
		{Name: "pvc-2", PersistentVolume: "pv-2", Condition: mount.Condition{Health: mount.Dead}},
		{Name: "pvc-3", Condition: mount.Condition{Health: mount.Failing, Answer: errors.New("no")}},
	}
	m.observeVolumes(volumes)
	if got, want := told(t, registry, "glusterfs_csi_node_staged_volumes"), []string{"alive 1", "dead 1", "failing 1", "silent 0", "unreachable 0"}; !slices.Equal(got, want) {
		t.Errorf("the volumes are %q, want %q", got, want)
	}
	if got, want := told(t, registry, "glusterfs_csi_node_sick_volume"), []string{"dead pv-2 pvc-2 1", "failing  pvc-3 1"}; !slices.Equal(got, want) {
		t.Errorf("sick are %q, want %q", got, want)
	}
	m.observeVolumes(volumes[:1])
	if got := told(t, registry, "glusterfs_csi_node_sick_volume"); len(got) > 0 {
		t.Errorf("sick are still %q", got)
	}
}

// TestSickVolumesAreBounded has more volumes be sick than are told by name.
func TestSickVolumesAreBounded(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := newMetrics(registry, func() int { return 0 }, func() error { return nil })
	var volumes []node.Volume
	for i := range sickTold + 10 {
		volumes = append(volumes, node.Volume{Name: fmt.Sprintf("pvc-%d", i), Condition: mount.Condition{Health: mount.Unreachable}})
	}
	m.observeVolumes(volumes)
	if got := told(t, registry, "glusterfs_csi_node_sick_volume"); len(got) != sickTold {
		t.Errorf("%d are told, want %d", len(got), sickTold)
	}
}
