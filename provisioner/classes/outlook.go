package classes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Outlook is what the heketi of a class says of the volumes to come.
type Outlook struct {
	// Problems are why there can be none, each with its remedy.
	Problems []string
	// Unknown is what could not be asked, and why.
	Unknown []string
	// Fine is what is as it should be, and Advice what will not be for long.
	Fine, Advice []string
}

// Ask asks a heketi whether it could make volumes as the parameters say. It changes nothing.
func Ask(ctx context.Context, client *heketi.Client, params *parameters.Parameters) Outlook {
	var o Outlook
	clusters, is, err := client.Probe(ctx)
	o.noteCondition(is, time.Now())
	if err != nil {
		o.noteFailure(err)
		return o
	}
	o.Fine = append(o.Fine, fmt.Sprintf("heketi %s answers, and accepts the key", client.URL()))
	o.noteRoom(ctx, client, params, o.usable(client.URL(), clusters, params.Clusters))
	return o
}

func (o *Outlook) noteFailure(err error) {
	if errors.Is(err, heketi.ErrUnavailable) || errors.Is(err, heketi.ErrBusy) {
		o.Unknown = append(o.Unknown, err.Error())
		return
	}
	o.Problems = append(o.Problems, err.Error())
}

func (o *Outlook) noteCondition(is heketi.Condition, now time.Time) {
	if problem := is.ClockProblem(); problem != "" {
		o.Problems = append(o.Problems, fmt.Sprintf("heketi %s: %s", is.Heketi, problem))
	}
	if problem := is.CertificateProblem(now); problem != "" {
		o.Advice = append(o.Advice, fmt.Sprintf("heketi %s: %s", is.Heketi, problem))
	} else if ends := is.CertificateEnds; !ends.IsZero() {
		o.Fine = append(o.Fine, fmt.Sprintf("the certificate of heketi %s is valid until %s", is.Heketi, ends.UTC().Format(time.RFC3339)))
	}
}

// usable returns those of heketi's clusters that the class allows.
func (o *Outlook) usable(url string, there, wanted []string) []string {
	if len(there) == 0 {
		o.Problems = append(o.Problems, fmt.Sprintf("heketi %s has no cluster; load a topology into it", url))
		return nil
	}
	if len(wanted) == 0 {
		return there
	}
	var usable []string
	for _, id := range wanted {
		if slices.Contains(there, id) {
			usable = append(usable, id)
		} else {
			o.Problems = append(o.Problems, fmt.Sprintf("clusterid %q: heketi %s has no such cluster; it has %s", id, url, strings.Join(there, ", ")))
		}
	}
	return usable
}

// noteRoom looks for a cluster that has room for the least volume of the class.
func (o *Outlook) noteRoom(ctx context.Context, client *heketi.Client, params *parameters.Parameters, clusters []string) {
	var lacking []string
	for _, id := range clusters {
		cluster, err := client.Cluster(ctx, id)
		if err != nil {
			o.noteFailure(err)
			return
		}
		lack := lackOf(cluster, params)
		if lack == "" {
			o.Fine = append(o.Fine, fmt.Sprintf("cluster %s has room for volumetype %s", id, params.Durability))
			return
		}
		lacking = append(lacking, fmt.Sprintf("cluster %s %s", id, lack))
	}
	if len(lacking) > 0 {
		o.Problems = append(o.Problems, fmt.Sprintf("volumetype %q: %s; add hosts or devices to heketi, or make the class again with a volumetype for fewer hosts", params.Durability, strings.Join(lacking, "; ")))
	}
}

// zoneOption is the volume option by which heketi puts the bricks of a set into different
// zones only.
const zoneOption = "user.heketi.zone-checking strict"

// lackOf returns what keeps heketi from making the least volume of a class in a cluster;
// empty if it has room. heketi puts the bricks of a set on different hosts. The least brick
// of heketi 10.3 has 1 GiB.
func lackOf(cluster heketi.Cluster, params *parameters.Parameters) string {
	if !cluster.TakesFiles {
		return "is for block volumes only"
	}
	need, apart := bricksInSet(params.Durability), "hosts"
	strict := slices.Contains(params.VolumeOptions, zoneOption)
	if strict {
		apart = "zones"
	}
	places := map[int]bool{}
	for i, host := range cluster.Hosts {
		switch {
		case !host.Online || host.FreeGiB < float64(params.SnapshotFactor):
		case strict:
			places[host.Zone] = true
		default:
			places[i] = true
		}
	}
	if len(places) >= need {
		return ""
	}
	return fmt.Sprintf("has %d %s with a device that is online and has %v GiB free, and %d are needed", len(places), apart, params.SnapshotFactor, need)
}

// bricksInSet is how many bricks a volume of that type has at least.
func bricksInSet(d volume.Durability) int {
	switch d.Kind {
	case volume.Replicate:
		return d.Replicas
	case volume.Disperse:
		return d.Data + d.Redundancy
	}
	return 1
}
