package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// heketiDatabase is what is looked at of a dump of heketi's database, see
// apps/glusterfs/dbcommon.go of heketi.
type heketiDatabase struct {
	Nodes map[string]struct {
		Info struct {
			Hostnames struct{ Manage []string }
		}
	} `json:"nodeentries"`
	Volumes map[string]struct {
		Info struct {
			Name string `json:"name"`
			Size int    `json:"size"`
		}
	} `json:"volumeentries"`
	Bricks map[string]struct {
		Info struct {
			Node string `json:"node"`
		}
		Pool string `json:"LvmThinPool"`
	} `json:"brickentries"`
	Devices map[string]struct {
		Info struct {
			Storage struct{ Used uint64 } `json:"storage"`
		}
	} `json:"deviceentries"`
	Operations map[string]json.RawMessage `json:"pendingoperations"`
}

func readHeketi() (d heketiDatabase, err error) {
	dump, err := env.heketi.Dump()
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(dump), &d)
}

// present is all that there is of volumes now: on the hosts, in heketi and in Kubernetes.
// All hosts and heketi must be up.
func present(ctx context.Context) (state, error) {
	s := state{}
	for _, host := range env.hosts.All() {
		if err := s.addHost(ctx, host); err != nil {
			return nil, err
		}
	}
	if err := s.addHeketi(); err != nil {
		return nil, err
	}
	if err := s.addKubernetes(ctx); err != nil {
		return nil, err
	}
	s.sort()
	return s, nil
}

func (s state) addHeketi() error {
	database, err := readHeketi()
	if err != nil {
		return err
	}
	for _, volume := range database.Volumes {
		s.add("heketi's volumes", fmt.Sprintf("%s of %d GiB", volume.Info.Name, volume.Info.Size))
	}
	s.add("heketi's bricks", slices.Collect(maps.Keys(database.Bricks))...)
	s.add("heketi's pending operations", slices.Collect(maps.Keys(database.Operations))...)
	for id, device := range database.Devices {
		s.add("heketi's devices", fmt.Sprintf("%s has %d KiB taken", id, device.Info.Storage.Used))
	}
	return nil
}

// addKubernetes adds the objects that belong to volumes. The Services and Endpoints of
// Kubernetes itself are among them, and do not change.
func (s state) addKubernetes(ctx context.Context) error {
	core, all := env.client.CoreV1(), metav1.ListOptions{}
	for kind, list := range map[string]func() (runtime.Object, error){
		"PersistentVolumes":      func() (runtime.Object, error) { return core.PersistentVolumes().List(ctx, all) },
		"PersistentVolumeClaims": func() (runtime.Object, error) { return core.PersistentVolumeClaims("").List(ctx, all) },
		"Services":               func() (runtime.Object, error) { return core.Services("").List(ctx, all) },
		"Endpoints":              func() (runtime.Object, error) { return core.Endpoints("").List(ctx, all) },
		"ConfigMaps":             func() (runtime.Object, error) { return core.ConfigMaps(ourNamespace).List(ctx, all) },
	} {
		if err := s.addObjects(kind, list); err != nil {
			return err
		}
	}
	return nil
}

// addObjects adds the names of all objects of a kind.
func (s state) addObjects(kind string, list func() (runtime.Object, error)) error {
	found, err := list()
	if err != nil {
		return err
	}
	return meta.EachListItem(found, func(object runtime.Object) error {
		named, err := meta.Accessor(object)
		if err == nil {
			s.add(kind, named.GetNamespace()+"/"+named.GetName())
		}
		return err
	})
}

// checkSame tells in what a state differs from what was before.
func checkSame(before, now state) error {
	var differences []string
	for _, place := range slices.Sorted(maps.Keys(merge(before, now))) {
		for _, line := range now[place] {
			if !slices.Contains(before[place], line) {
				differences = append(differences, place+" has also: "+line)
			}
		}
		for _, line := range before[place] {
			if !slices.Contains(now[place], line) {
				differences = append(differences, place+" has no more: "+line)
			}
		}
		if len(now[place]) != len(before[place]) && len(differences) == 0 {
			differences = append(differences, fmt.Sprintf("%s has %d lines, had %d", place, len(now[place]), len(before[place])))
		}
	}
	if len(differences) > 0 {
		return fmt.Errorf("not as before:\n  %s", strings.Join(differences, "\n  "))
	}
	return nil
}

func merge(a, b state) state {
	merged := maps.Clone(a)
	maps.Copy(merged, b)
	return merged
}
