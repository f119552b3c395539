package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// memory is what processes have in memory, in KiB: pages of their own, and pages that
// they share with each other or with other processes.
type memory struct{ own, shared int }

// memoryOf is the memory of processes of one program. What they share is counted once,
// as if no other process had it.
func memoryOf(t *testing.T, processes []process) memory {
	t.Helper()
	var all memory
	for _, process := range processes {
		one := process.memory(t)
		all.own += one.own
		all.shared = max(all.shared, one.shared)
	}
	return all
}

func (m memory) String() string { return fmt.Sprintf("%d MiB", (m.own+m.shared+512)/1024) }

// memory is what the kernel tells, see proc(5).
func (p process) memory(t *testing.T) memory {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.id))
	if err != nil {
		t.Fatal(err)
	}
	kib := map[string]int{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[2] == "kB" {
			if kib[fields[0]], err = strconv.Atoi(fields[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if kib["Rss:"] == 0 {
		t.Fatalf("the kernel does not tell the memory of process %d: %s", p.id, text)
	}
	own := kib["Private_Clean:"] + kib["Private_Dirty:"]
	return memory{own: own, shared: kib["Rss:"] - own}
}
