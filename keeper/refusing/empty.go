package refusing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// ErrEmpty is that heketi would forget all volumes.
var ErrEmpty = errors.New("refusing to start heketi with an empty database")

// Empty returns an error if there are PersistentVolumes that may be in the heketi that is about to
// start empty. It is ErrEmpty unless they cannot be read.
func (r Refusal) Empty(ctx context.Context) error {
	var names []string
	heketis := map[string]bool{}
	err := r.eachPersistentVolume(ctx, func(pv *v1.PersistentVolume) {
		heketi, is := heketiOf(pv)
		if is && !slices.Contains(r.OtherHeketis, heketi) {
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
	return r.ofEmpty(names, heketis)
}

func (r Refusal) ofEmpty(names []string, heketis map[string]bool) error {
	var others []string
	for heketi := range heketis {
		others = append(others, heketi)
	}
	slices.Sort(others)
	return fmt.Errorf("%w: none is saved in Secret %s/%s, and the volumes of %d PersistentVolumes are in heketi (%s), such as those of %s; "+
		"restore the Secret from a backup of the cluster, or, if these volumes are in other heketis than this one, say so: --other-heketis=%s",
		ErrEmpty, r.Namespace, r.Name, len(names), strings.Join(others, ", "), some(names), strings.Join(others, ","))
}
