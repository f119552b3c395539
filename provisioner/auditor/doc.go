// Package auditor reads what heketis and Kubernetes have, has package audit compare them,
// and tells of what was found.
package auditor
