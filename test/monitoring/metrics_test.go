package monitoring

import (
	"regexp"
	"strings"
	"testing"
)

var (
	metric = regexp.MustCompile(`\b(?:glusterfs|heketi|leader_election|kubernetes)_[a-zA-Z_]+`)
	// ofHistogram is what the series of a histogram are called besides its name.
	ofHistogram = regexp.MustCompile(`_seconds_(?:bucket|count|sum)$`)
)

// TestMetricsAreDocumented has alerts and dashboard use the metrics of docs/metrics.md, which is held
// against what the programs export.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	doc := string(read(t, "docs", "metrics.md"))
	used := map[string]string{}
	for _, rule := range rulesOf(t).All() {
		used[rule.Expr] = rule.Alert
	}
	queries, err := QueriesOf(read(t, Folder, DashboardFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range queries {
		used[query.Expr] = query.Row + ", " + query.Panel
	}
	for expr, by := range used {
		for _, name := range metric.FindAllString(expr, -1) {
			if name = ofHistogram.ReplaceAllString(name, "_seconds"); !strings.Contains(doc, "`"+name+"`") {
				t.Errorf("docs/metrics.md does not tell of %s, which %s uses", name, by)
			}
		}
	}
}
