package monitoring

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Query is a query of the dashboard, and the panel that shows it.
type Query struct {
	Row, Panel, Expr string
}

// QueriesOf returns the queries of a dashboard of Grafana, row after row.
func QueriesOf(dashboard []byte) ([]Query, error) {
	var parsed struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(dashboard, &parsed); err != nil {
		return nil, fmt.Errorf("cannot read the dashboard: %w", err)
	}
	var queries []Query
	row := ""
	for _, panel := range parsed.Panels {
		if panel.Type == "row" {
			row = panel.Title
		}
		for _, target := range panel.Targets {
			queries = append(queries, Query{Row: row, Panel: panel.Title, Expr: target.Expr})
		}
	}
	return queries, nil
}

// Everywhere puts in for the dashboard's variables what Grafana does when the reader chooses
// nothing, and for the interval of rates the given one, such as 30s.
func (q Query) Everywhere(interval string) string {
	return strings.NewReplacer("$namespace", ".*", "$class", ".*", "$heketi", ".*", "$__rate_interval", interval).Replace(q.Expr)
}
