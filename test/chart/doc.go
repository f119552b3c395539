// Package chart has the tests of the Helm chart in deploy/chart: that it makes what the manifests
// of deploy/ make, and that helm installs, upgrades, rolls back and removes it on a real API
// server.
package chart
