package parameters

import (
	"strings"

	"glusterfs-provisioner/provisioner/volume"
)

const volumeType = "volumetype"

// durabilities is all that heketi 10.3 makes as it is asked to: it refuses more
// replicas and other dispersions, and silently takes 0 replicas as 2.
var durabilities = []volume.Durability{
	defaultDurability,
	{Kind: volume.Replicate, Replicas: 2},
	{Kind: volume.Disperse, Data: 2, Redundancy: 1},
	{Kind: volume.Disperse, Data: 4, Redundancy: 2},
	{Kind: volume.Disperse, Data: 8, Redundancy: 3},
	{Kind: volume.Disperse, Data: 8, Redundancy: 4},
	{Kind: volume.Distribute},
}

var defaultDurability = volume.Durability{Kind: volume.Replicate, Replicas: 3}

func readDurability(given values, into *Parameters) []Problem {
	value := given[volumeType]
	if value == "" || value == string(volume.Replicate) {
		into.Durability = defaultDurability
		return nil
	}
	for _, durability := range durabilities {
		if value == durability.String() {
			into.Durability = durability
			return nil
		}
	}
	return refuse(volumeType, value, durabilityWanted)
}

// durabilityNames are the values that name a durability.
func durabilityNames() []string {
	names := []string{string(volume.Replicate)}
	for _, durability := range durabilities {
		names = append(names, durability.String())
	}
	return names
}

var durabilityWanted = "must be one of " + strings.Join(durabilityNames(), ", ")

var admittedDurability = []condition{
	{parameter: volumeType, holds: isOneOf(volumeType, durabilityNames()...), wanted: durabilityWanted},
}
