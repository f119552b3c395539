package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// build lays the rows out, in the older of Grafana's two forms of a dashboard: it can be imported
// everywhere, and the sidecars that find dashboards in ConfigMaps read it.
func build() (dashboard.Dashboard, error) {
	builder := dashboard.NewDashboardBuilder("GlusterFS volumes").
		Uid("glusterfs-provisioner").
		Description("Claims, heketis, GlusterFS clusters and nodes. What the rows show: docs/monitoring.md.").
		Tags([]string{"glusterfs", "kubernetes", "storage"}).
		Time("now-6h", "now").
		Refresh("1m").
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Prometheus").Type("prometheus")).
		WithVariable(labelVariable("namespace", "glusterfs_provisioner_leader")).
		WithVariable(labelVariable("class", "glusterfs_provisioner_claims_pending")).
		WithVariable(labelVariable("heketi", "glusterfs_provisioner_heketi_up"))
	id := uint32(0)
	for _, row := range rows() {
		id++
		builder.WithRow(dashboard.NewRowBuilder(row.title).Id(id))
		for _, panel := range row.panels {
			id++
			builder.WithPanel(panel.build(id))
		}
	}
	return builder.Build()
}

// labelVariable lets the reader choose among the values that a label of a metric has. Nothing
// chosen is all.
func labelVariable(label, metric string) *dashboard.QueryVariableBuilder {
	query := "label_values(" + metric + ", " + label + ")"
	return dashboard.NewQueryVariableBuilder(label).
		Datasource(source()).
		Query(dashboard.StringOrMap{String: &query}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc).
		Multi(true).
		IncludeAll(true).
		AllValue(".*")
}

func source() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("$datasource")}
}

// build makes the panel of Grafana.
func (p panel) build(id uint32) cog.Builder[dashboard.Panel] {
	switch p.kind {
	case number:
		built := stat.NewPanelBuilder().Id(id).Title(p.title).Description(p.description).Datasource(source()).
			Unit(p.unit).NoValue("none").Height(4).Span(p.width).ColorMode(common.BigValueColorModeNone).
			ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
		if p.named {
			built.TextMode(common.BigValueTextModeName)
		}
		for i, target := range p.targets {
			built.WithTarget(target.build(i).Instant())
		}
		return built
	case heat:
		built := heatmap.NewPanelBuilder().Id(id).Title(p.title).Description(p.description).Datasource(source()).
			Height(8).Span(p.width).Calculate(false)
		for i, target := range p.targets {
			built.WithTarget(target.build(i).Format(prometheus.PromQueryFormatHeatmap))
		}
		return built
	default:
		built := timeseries.NewPanelBuilder().Id(id).Title(p.title).Description(p.description).Datasource(source()).
			Unit(p.unit).Min(0).Height(8).Span(p.width)
		for i, target := range p.targets {
			built.WithTarget(target.build(i))
		}
		return built
	}
}

// build makes the query of Grafana, which tells those of a panel apart by letters.
func (t target) build(i int) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().RefId(string(rune('A' + i))).Expr(t.expr).LegendFormat(t.legend)
}
