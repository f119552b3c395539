// Package storagesuite runs the storage suite by which the Kubernetes project judges
// drivers, External.Storage of its end-to-end tests, and judges its report: each spec
// passed, or a rule says why it is left out.
package storagesuite
