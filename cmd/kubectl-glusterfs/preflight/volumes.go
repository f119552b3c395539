package preflight

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/volume"
)

// use is what PersistentVolumes need a Secret for.
type use struct {
	volumes int
	// heketi is the URL of one that they have the key for.
	heketi string
}

// secretsNamed returns the Secrets that the provisioner's PersistentVolumes name.
func secretsNamed(volumes []*v1.PersistentVolume, provisioner string) map[volume.SecretRef]use {
	named := map[volume.SecretRef]use{}
	for _, pv := range volumes {
		made, err := volume.Recorded(pv)
		if err == nil && made.Heketi.Secret != nil && volume.IsMadeBy(pv, provisioner) {
			ref := *made.Heketi.Secret
			named[ref] = use{named[ref].volumes + 1, made.Heketi.URL}
		}
	}
	return named
}

// secretsOfVolumes is whether the Secrets are there that PersistentVolumes name.
func (f Facts) secretsOfVolumes() []Line {
	const what = "volumes' secrets"
	if f.Volumes.Err != nil {
		return []Line{untold(what, f.Volumes.Err)}
	}
	named := secretsNamed(f.Volumes.Value, f.Installed.Provisioner)
	byName := func(a, b volume.SecretRef) int { return cmp.Compare(a.String(), b.String()) }
	var lines []Line
	for _, ref := range slices.SortedFunc(maps.Keys(named), byName) {
		if line := f.secretOfVolumes(what, ref, named[ref].volumes); line.State != verdict.Fine {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return []Line{{what, verdict.Fine, fmt.Sprintf("PersistentVolumes name %d, and all are there", len(named)), ""}}
	}
	return lines
}

func (f Facts) secretOfVolumes(what string, ref volume.SecretRef, volumes int) Line {
	key, readable := f.Keys[ref], f.Readable[ref]
	says := fmt.Sprintf("Secret %s, which %d PersistentVolumes name", ref, volumes)
	switch {
	case key.Err != nil:
		return untold(what, fmt.Errorf("%s: %w", says, key.Err))
	case key.IsAbsent():
		return Line{what, verdict.Wrong, says + ", does not exist, so they can be neither grown nor deleted",
			"make it again, or have them name another by move-heketi --secret: docs/moving.md"}
	case key.Value.Problem != nil:
		return Line{what, verdict.Wrong, says + ": " + key.Value.Problem.Error(), "mend the Secret"}
	case readable.Err != nil:
		return untold(what, fmt.Errorf("%s: %w", says, readable.Err))
	case len(readable.Value.Missing) > 0:
		return Line{what, verdict.Wrong, says + ", may not be read by the provisioner", fmt.Sprintf("kubectl apply -n %s -f deploy/secrets-in-namespaces/", ref.Namespace)}
	}
	return Line{what, verdict.Fine, "", ""}
}
