// Package monitoring reads what deploy/monitoring has: the alerts and the dashboard. Its tests hold
// the files against each other and against docs/runbooks, have promtool test the alerts, and show
// both in a real Prometheus that scrapes the provisioner, the node plugin and heketi of the bench.
package monitoring
