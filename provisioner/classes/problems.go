package classes

import (
	"errors"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Problems returns all that is wrong with a class by itself: each field, its value and the
// remedy. It returns the parameters if they are right. Nobody is asked. mounted is the kind of
// source that volumes get where the class leaves the choice; empty if that is not known, and
// then only what is wrong with every kind is told.
func Problems(class *storagev1.StorageClass, mounted volume.Source) (params *parameters.Parameters, problems []string) {
	params, err := parameters.Parse(class.Parameters)
	var invalid *parameters.InvalidError
	if errors.As(err, &invalid) {
		for _, problem := range invalid.Problems {
			problems = append(problems, problem.String())
		}
	}
	if params != nil && params.Source != "" {
		mounted = params.Source
	}
	by := mountoptions.Plugin
	if mounted == volume.Glusterfs {
		by = mountoptions.Kubelet
	}
	problems = append(problems, mountoptions.Problems(class.MountOptions, by)...)
	return params, append(problems, problemsOfPolicies(class)...)
}

// problemsOfPolicies has what an API server refuses, for classes that come from a file.
func problemsOfPolicies(class *storagev1.StorageClass) (problems []string) {
	if policy := class.ReclaimPolicy; policy != nil && *policy != v1.PersistentVolumeReclaimDelete && *policy != v1.PersistentVolumeReclaimRetain {
		problems = append(problems, fmt.Sprintf("reclaimPolicy %q: must be %s or %s", *policy, v1.PersistentVolumeReclaimDelete, v1.PersistentVolumeReclaimRetain))
	}
	if mode := class.VolumeBindingMode; mode != nil && *mode != storagev1.VolumeBindingImmediate && *mode != storagev1.VolumeBindingWaitForFirstConsumer {
		problems = append(problems, fmt.Sprintf("volumeBindingMode %q: must be %s or %s", *mode, storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer))
	}
	return problems
}

// Advice returns what is accepted of a class whose parameters are right, but should be
// otherwise. Each is a sentence.
func Advice(class *storagev1.StorageClass, params *parameters.Parameters) []string {
	advice := slices.Clone(params.Warnings)
	if params.Heketi.User == "" && (params.Heketi.Secret != nil || params.Heketi.KeyInClass) {
		advice = append(advice, userMissing)
	}
	if len(class.AllowedTopologies) > 0 {
		advice = append(advice, TopologyIgnored)
	}
	return advice
}

// userMissing is what is said of a class that gives a key and no user. A heketi that checks
// keys refuses that.
const userMissing = "The StorageClass parameter restuser is missing, and heketi accepts a key only with its user: " +
	"make the class again with restuser, such as admin, or without the key."

// TopologyIgnored is what is said of a class that has allowedTopologies.
const TopologyIgnored = "allowedTopologies means nothing for a network volume and is ignored; remove it"
