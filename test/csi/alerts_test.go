package csi

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/monitoring"
)

// showsAlerts says whether alerts are seen in a Prometheus, which has to be built.
func showsAlerts() bool { return os.Getenv("MONITORING") != "" }

// alertsPace is how much sooner alerts fire here. A survey every second is never too old.
var alertsPace = monitoring.Pace{WindowsBy: 60, MinWindow: 15 * time.Second, MaxWindow: time.Minute, For: 5 * time.Second, AgesBy: 20}

// TestMountAlertsInPrometheus has real mounts be dead, be silent and not be looked at any more, and sees
// the alert for each fire in a real Prometheus. Before that none fires.
func TestMountAlertsInPrometheus(t *testing.T) {
	if !showsAlerts() {
		t.Skip(`it builds Prometheus, so only "make monitoring-mounts" runs it`)
	}
	p := startPlugin(t, "--answer-timeout=1s", "--unmount-timeout=2s", "--survey-interval=1s")
	dies, hangs := newVolume(t), newVolume(t)
	p.use(t, dies, "dies")
	p.use(t, hangs, "hangs")
	p.mustHaveMetric(t, `glusterfs_csi_node_staged_volumes{health="alive"} 2`)
	prometheus := startPrometheus(t, p)
	bench.Eventually(t, patience, func(ctx context.Context) error {
		alive, err := prometheus.Query(ctx, `min_over_time(glusterfs_csi_node_staged_volumes{health="alive",node="node"}[15s]) == 2 and count_over_time(glusterfs_csi_node_staged_volumes{health="alive"}[15s]) > 10`)
		if err == nil && len(alive) != 1 {
			err = fmt.Errorf("Prometheus has not read for 15 s that both volumes are alive")
		}
		return err
	})
	if firing := firingIn(t, prometheus); len(firing) > 0 {
		t.Fatalf("all mounts are well, and %q fire", firing)
	}

	kill(t, clientOf(t, p.stagingPath(dies)))
	waitFiring(t, prometheus, "GlusterfsMountsDead")
	stop(t, clientOf(t, p.stagingPath(hangs)))
	waitFiring(t, prometheus, "GlusterfsMountsUnreachable")
	// One that looks once an hour is, for Prometheus, as one that cannot look any more.
	p.killContainer(t)
	p.flags = append(p.flags, "--survey-interval=1h")
	p.start(t)
	waitFiring(t, prometheus, "GlusterfsMountsNotLookedAt")
}

// startPrometheus starts a Prometheus with the alerts, made faster, that reads the plugin's metrics every
// second.
func startPrometheus(t *testing.T, p *plugin) *bench.Prometheus {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(env.root, monitoring.Folder, monitoring.RulesFile))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := monitoring.ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	faster, err := yaml.Marshal(rules.Faster(alertsPace))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, faster, 0o600); err != nil {
		t.Fatal(err)
	}
	// Prometheus has another network than the plugin.
	way := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: serving})
	way.Transport = p.transport()
	server := httptest.NewServer(way)
	t.Cleanup(server.Close)
	config, err := yaml.Marshal(map[string]any{
		"global":     map[string]any{"evaluation_interval": "1s", "scrape_interval": "1s"},
		"rule_files": []string{file},
		"scrape_configs": []any{map[string]any{
			"job_name": "glusterfs-csi-node",
			"static_configs": []any{map[string]any{
				"targets": []string{strings.TrimPrefix(server.URL, "http://")},
				"labels":  map[string]string{"node": "node", "namespace": "glusterfs-csi", "pod": p.name},
			}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	prometheus, err := bench.StartPrometheus(t.Context(), bench.PrometheusOptions{Root: env.root, Config: config, LogDir: env.logs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := prometheus.Stop(); err != nil {
			t.Error(err)
		}
	})
	return prometheus
}

// firingIn are the names of the alerts about mounts that fire, sorted.
func firingIn(t *testing.T, prometheus *bench.Prometheus) []string {
	t.Helper()
	alerts, err := prometheus.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, alert := range alerts {
		if name := alert.Labels["alertname"]; alert.State == "firing" && strings.HasPrefix(name, "GlusterfsMounts") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// waitFiring waits until an alert fires for the plugin's node.
func waitFiring(t *testing.T, prometheus *bench.Prometheus, name string) {
	t.Helper()
	bench.Eventually(t, patience, func(ctx context.Context) error {
		alerts, err := prometheus.Alerts(ctx)
		if err != nil {
			return err
		}
		for _, alert := range alerts {
			if alert.Labels["alertname"] == name && alert.State == "firing" {
				if alert.Labels["node"] != "node" {
					return bench.Final(fmt.Errorf("%s has the labels %v", name, alert.Labels))
				}
				t.Logf("%s: %s", name, alert.Annotations["description"])
				return nil
			}
		}
		return fmt.Errorf("%s does not fire; there are %v", name, alerts)
	})
}
