// Package provisioner makes a GlusterFS volume for a claim and deletes it again.
// It implements the Provisioner interface of sig-storage-lib-external-provisioner,
// which runs the queues of claims and volumes; Provision and Delete are the
// story, and its sub-packages each do one part of it.
package provisioner
