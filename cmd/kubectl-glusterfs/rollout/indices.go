package rollout

import (
	"context"
	_ "embed" // for indices.sh
	"errors"
	"fmt"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
)

// indicesScript prints what lists bricks have of entries to be healed. It is what "gluster volume heal VOLUME info" goes through, entry
// by entry (glfs-heal.c): a brick whose lists are empty has nothing to tell there. Read from the bricks, it takes a moment for all volumes.
//
//go:embed indices.sh
var indicesScript string

// askIndices asks a pod how many entries each of its bricks lists, by the bricks' paths.
func (r *Rollout) askIndices(ctx context.Context, pod *v1.Pod) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, glustercli.Bound)
	defer cancel()
	printed, err := r.Run(ctx, pod, []string{"sh", "-c", indicesScript})
	if err != nil {
		return nil, err
	}
	return readIndices(string(printed))
}

// The lists that each brick of a volume that heals has (the xlator features/index). A third one, entry-changes, tells what has changed in a
// folder that the first lists. It may have something left when all is healed, and gluster does not go through it for what it tells.
const (
	toHealList  = "/.glusterfs/indices/xattrop"
	writtenList = "/.glusterfs/indices/dirty"
)

// readIndices reads what the script printed. It has no brick both of whose lists were not read.
func readIndices(printed string) (map[string]int, error) {
	lines, whole := strings.CutSuffix(printed, "end\n")
	if !whole {
		return nil, errors.New("the lists of what bricks have to heal are cut off")
	}
	entries := map[string]int{}
	for line := range strings.Lines(lines) {
		number, list, _ := strings.Cut(strings.TrimSpace(line), " ")
		count, err := strconv.Atoi(number)
		if err != nil || count < 1 || !strings.HasPrefix(list, "/") {
			return nil, fmt.Errorf("the lists of what bricks have to heal cannot be read: %q", line)
		}
		entries[list] = count - 1
	}
	listed := map[string]int{}
	for list, toHeal := range entries {
		brick, is := strings.CutSuffix(list, toHealList)
		if written, read := entries[brick+writtenList]; is && read {
			listed[brick] = toHeal + written
		}
	}
	return listed, nil
}
