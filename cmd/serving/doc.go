// Package serving serves what Kubernetes and Prometheus ask of a process over HTTP:
// /livez, /healthz, /readyz, /metrics, and profiles if they are wanted.
package serving
