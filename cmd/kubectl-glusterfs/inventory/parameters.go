package inventory

import (
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Parameters returns the parameters of a class, or all that is wrong with these, or else with its
// mount options. Which mount options are refused depends on the source: mounted is the one that
// the cluster mounts, for a class that leaves the choice; empty if that is not known.
func Parameters(class *storagev1.StorageClass, mounted volume.Source) (*parameters.Parameters, error) {
	params, err := parameters.Parse(class.Parameters)
	if err != nil {
		return nil, err
	}
	source, by := params.Source, mountoptions.Plugin
	if source == "" {
		source = mounted
	}
	if source == volume.Glusterfs {
		by = mountoptions.Kubelet
	}
	if err := mountoptions.Check(class.MountOptions, by); err != nil {
		return nil, err
	}
	return params, nil
}
