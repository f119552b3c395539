// Package restored tells PersistentVolumes that were made from a copy, such as a backup's, from
// those that this Kubernetes cluster made. A copy names a claim that is gone, so Kubernetes
// releases it at once, and with the policy Delete its volume would be deleted, which somebody
// wanted to have back.
package restored
