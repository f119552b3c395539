package e2e

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// idOfBrick is heketi's id in the name of a brick.
var idOfBrick = regexp.MustCompile(`brick_([0-9a-f]{32})`)

// ids are the bricks that lines name, each once.
func ids(lines []string) []string {
	var found []string
	for _, line := range lines {
		if match := idOfBrick.FindStringSubmatch(line); match != nil {
			found = append(found, match[1])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// bricksOfHost are those of gluster's bricks that are on the host of an address.
func bricksOfHost(bricks []string, address string) []string {
	return ids(slices.DeleteFunc(slices.Clone(bricks), func(brick string) bool {
		return !strings.HasPrefix(brick, address+":")
	}))
}

// checkHostsAgree tells where a host has other bricks than heketi says: as logical
// volumes, in pools, in its fstab, mounted, as folders, in gluster's volumes, as
// processes; of volumes that glusterd and heketi do not have both; of what heketi has
// begun and not ended.
func checkHostsAgree(ctx context.Context) error {
	now, err := present(ctx)
	if err != nil {
		return err
	}
	database, err := readHeketi()
	if err != nil {
		return err
	}
	var problems []string
	report := func(place string, got, want []string) {
		if !slices.Equal(got, want) {
			problems = append(problems, fmt.Sprintf("%s: %q, heketi has %q", place, got, want))
		}
	}
	if len(database.Operations) > 0 {
		problems = append(problems, fmt.Sprintf("heketi has %d pending operations", len(database.Operations)))
	}
	for _, host := range env.hosts.All() {
		want, pools := database.bricksOn(host.Address())
		report(host.Name()+" "+onPools, poolNames(now[host.Name()+" "+onPools]), pools)
		for _, place := range []string{onVolumes, onDevices, onFstab, onMounts, onFolders, onProcesses} {
			report(host.Name()+" "+place, ids(now[host.Name()+" "+place]), want)
		}
		report(host.Name()+" "+onBricks, bricksOfHost(now[host.Name()+" "+onBricks], host.Address()), want)
		report(host.Name()+" "+onGluster, now[host.Name()+" "+onGluster], database.volumes())
	}
	if len(problems) > 0 {
		return fmt.Errorf("the hosts and heketi do not agree:\n  %s", strings.Join(problems, "\n  "))
	}
	return nil
}

// bricksOn are the ids of heketi's bricks on the host of an address, and the names of
// their pools.
func (d heketiDatabase) bricksOn(address string) (bricks, pools []string) {
	for id, brick := range d.Bricks {
		if slices.Contains(d.Nodes[brick.Info.Node].Info.Hostnames.Manage, address) {
			bricks, pools = append(bricks, id), append(pools, brick.Pool)
		}
	}
	slices.Sort(bricks)
	slices.Sort(pools)
	return bricks, pools
}

// poolNames are the names of pools without their groups.
func poolNames(pools []string) []string {
	var names []string
	for _, pool := range pools {
		names = append(names, path.Base(pool))
	}
	slices.Sort(names)
	return names
}

// volumes are the names of heketi's volumes.
func (d heketiDatabase) volumes() []string {
	var names []string
	for _, volume := range d.Volumes {
		names = append(names, volume.Info.Name)
	}
	slices.Sort(names)
	return names
}
