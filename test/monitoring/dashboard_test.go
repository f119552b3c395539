package monitoring

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// elsewhere are the prefixes of metrics of what the bench does not run: kubelets and kube-state-metrics, and GlusterFS
// in pods with the keeper, whose queries TestDashboardOfHosts runs. Here, queries of these have to be right, but give nothing.
var elsewhere = []string{"kubelet_", "kube_", "glusterfs_host_", "heketi_keeper_"}

// ofHost are series as a host and a keeper export them, by their values.
var ofHost = map[string]string{
	`glusterfs_host_last_survey_timestamp_seconds{namespace="g", node="n1", pod="a"}`:             "60+60x10",
	`glusterfs_host_glusterd_up{namespace="g", node="n1", pod="a"}`:                               "1x10",
	`glusterfs_host_bricks{namespace="g", node="n1", pod="a", state="down"}`:                      "1x10",
	`heketi_keeper_glustercluster_devices{namespace="g", glustercluster="c", phase="Online"}`:     "3x10",
	`heketi_keeper_operations_left_alone{namespace="g", pod="k"}`:                                 "0x10",
	`heketi_keeper_save_duration_seconds_bucket{namespace="g", pod="k", outcome="ok", le="1"}`:    "0+1x10",
	`heketi_keeper_save_duration_seconds_bucket{namespace="g", pod="k", outcome="ok", le="+Inf"}`: "0+1x10",
}

// TestDashboardOfHosts has promtool run the queries about hosts and keeper, which all have to give a number.
func TestDashboardOfHosts(t *testing.T) {
	onlyIfWanted(t)
	promtool, err := bench.BuildPromtool(t.Context(), "", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	queries, err := QueriesOf(read(t, Folder, DashboardFile))
	if err != nil {
		t.Fatal(err)
	}
	var series, evaluations []map[string]any
	for name, values := range ofHost {
		series = append(series, map[string]any{"series": name, "values": values})
	}
	for _, query := range queries {
		if query.Row != "GlusterFS hosts" {
			continue
		}
		expr := "(" + query.Everywhere(rateInterval) + ")"
		evaluations = append(evaluations, map[string]any{
			"expr":        "count(" + expr + " == " + expr + ") > bool 0", // NaN is not equal to itself.
			"eval_time":   "5m",
			"exp_samples": []map[string]any{{"labels": "{}", "value": 1}},
		})
	}
	if len(evaluations) == 0 {
		t.Fatal("the dashboard has no row of the hosts")
	}
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	write(t, file, must[[]byte](t)(yaml.Marshal(map[string]any{"tests": []map[string]any{
		{"interval": "1m", "input_series": series, "promql_expr_test": evaluations},
	}})))
	if output, err := bench.Run(t.Context(), nil, promtool, "test", "rules", file); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// rateInterval is what rates are taken over.
const rateInterval = "2m"

// dashboardHasData runs each query of the dashboard, which has to give a number.
func dashboardHasData(t *testing.T, prometheus *bench.Prometheus) {
	t.Helper()
	queries, err := QueriesOf(read(t, Folder, DashboardFile))
	if err != nil || len(queries) == 0 {
		t.Fatalf("the dashboard has %d queries: %v", len(queries), err)
	}
	start := time.Now()
	for _, query := range queries {
		samples, err := prometheus.Query(t.Context(), query.Everywhere(rateInterval))
		if err != nil {
			t.Errorf("%s, %s: %v", query.Row, query.Panel, err)
			continue
		}
		if !hasNumber(samples) && !isOfOthers(query.Expr) {
			t.Errorf("%s, %s: no data for %s", query.Row, query.Panel, query.Expr)
		}
	}
	t.Logf("%d queries in %s", len(queries), time.Since(start))
}

func hasNumber(samples []bench.Sample) bool {
	for _, sample := range samples {
		if !math.IsNaN(sample.Value) {
			return true
		}
	}
	return false
}

func isOfOthers(expr string) bool {
	for _, prefix := range elsewhere {
		if strings.Contains(expr, prefix) {
			return true
		}
	}
	return false
}
