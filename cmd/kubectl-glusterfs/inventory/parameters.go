package inventory

import (
	"errors"
	"strings"

	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/classes"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Parameters returns the parameters of a class, or all that is wrong with it, as the provisioner
// tells it. mounted is the source that the cluster mounts, for a class that leaves the choice;
// empty if that is not known.
func Parameters(class *storagev1.StorageClass, mounted volume.Source) (*parameters.Parameters, error) {
	params, problems := classes.Problems(class, mounted)
	if len(problems) > 0 {
		return nil, errors.New(strings.Join(problems, "; "))
	}
	return params, nil
}
