package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// errRefused is that heketi would forget volumes.
var errRefused = errors.New("refusing to start heketi with an empty database")

// allowEmpty returns an error if there are PersistentVolumes that may be in the heketi that is
// about to start empty.
func (k *Keeper) allowEmpty(ctx context.Context) error {
	var names []string
	heketis := map[string]bool{}
	err := k.eachPersistentVolume(ctx, func(pv *v1.PersistentVolume) {
		heketi, is := heketiOf(pv)
		if is && !slices.Contains(k.config.OtherHeketis, heketi) {
			names = append(names, pv.Name)
			heketis[heketi] = true
		}
	})
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return nil
	}
	return k.refusal(names, heketis)
}

func (k *Keeper) refusal(names []string, heketis map[string]bool) error {
	var others []string
	for heketi := range heketis {
		others = append(others, heketi)
	}
	slices.Sort(others)
	return fmt.Errorf("%w: none is saved in Secret %s/%s, and the volumes of %d PersistentVolumes are in heketi (%s), such as those of %s; "+
		"restore the Secret from a backup of the cluster, or, if these volumes are in other heketis than this one, say so: --other-heketis=%s",
		errRefused, k.config.Namespace, k.config.Name, len(names), strings.Join(others, ", "), some(names), strings.Join(others, ","))
}
