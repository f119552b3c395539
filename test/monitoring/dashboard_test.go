package monitoring

import (
	"math"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// elsewhere are the prefixes of metrics that kubelets and kube-state-metrics have, neither of which
// the bench runs. Queries of these have to be right, but give nothing.
var elsewhere = []string{"kubelet_", "kube_"}

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
