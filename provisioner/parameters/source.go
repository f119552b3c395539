package parameters

import "glusterfs-provisioner/provisioner/volume"

const pvSource = "pvsource"

// auto is the value of pvsource that leaves the choice to the provisioner.
const auto = "auto"

func readSource(given values, into *Parameters) []Problem {
	switch value := given[pvSource]; value {
	case "", auto:
		return nil
	case string(volume.Glusterfs), string(volume.CSI):
		into.Source = volume.Source(value)
		return nil
	default:
		return refuse(pvSource, value, sourceWanted)
	}
}

const sourceWanted = "must be glusterfs, which kubelets up to 1.25 mount, " +
	"csi, which the node plugin mounts, or auto, for the one that the cluster has"

var admittedSource = []condition{
	{parameter: pvSource, holds: isOneOf(pvSource, auto, string(volume.Glusterfs), string(volume.CSI)), wanted: sourceWanted},
}
