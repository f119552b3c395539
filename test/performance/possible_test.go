package main

import (
	"runtime"
	"testing"
	"time"

	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/stage"
)

// ran is a run of one claim.
func ran(s subject, took, cpu time.Duration) result {
	begun := time.Now()
	return result{
		workload: burst, subject: s.name, times: load.Times{Begun: []time.Time{begun}, Ended: []time.Time{begun.Add(took)}},
		cores: coreTimes{stage.Load: cpu * time.Duration(runtime.NumCPU())},
	}
}

func TestTheLargestOfThreeTimesBinds(t *testing.T) {
	for what, test := range map[string]struct{ floor, floorCPU, heketi, heketiCPU time.Duration }{
		"the floor": {floor: 4 * time.Second},
		"heketi":    {floor: time.Second, heketi: 4 * time.Second},
		"the cores": {floor: 3 * time.Second, floorCPU: 2 * time.Second, heketi: 3 * time.Second, heketiCPU: 2 * time.Second},
	} {
		all := results{ran(floorNow, test.floor, test.floorCPU), ran(heketiAlone, test.heketi, test.heketiCPU), ran(ours, 5*time.Second, 0)}
		if got, ok := all.reached(burst, ours); !ok || got != 0.8 {
			t.Errorf("%s binds: got %v, %v, want 0.8", what, got, ok)
		}
		if got, ok := all.reached(burst, oursThen); ok {
			t.Errorf("got %v of what was not measured", got)
		}
	}
}
