package stack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// executorRounds is how often each heketi makes the same volumes.
func executorRounds(t *testing.T) int {
	t.Helper()
	return numberOf(t, "ROUNDS", 3)
}

// numberOf is the number, 1 or more, that a variable of the environment has.
func numberOf(t *testing.T, variable string, byDefault int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return byDefault
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		t.Fatalf("%s=%q: must be a number, 1 or more", variable, text)
	}
	return number
}

// TestExecutors has heketi make and delete volumes by commands in pods and by ssh, on the same GlusterFS, in turns, and prints how
// long it took. The commands of ssh run in the same container, too.
func TestExecutors(t *testing.T) {
	if !t.Run("Install", installOnce) {
		explain(t)
		return
	}
	installed := installedHeketi(t)
	kubernetes, limited, ssh := startRivals(t, installed)
	table := "\n| volumes at once | heketi | made in, median | of | deleted in, median | of |\n|---|---|---|---|---|---|\n"
	table += race(t, callers, installed, kubernetes, limited, ssh)
	table += race(t, 1, installed, kubernetes, limited, ssh)
	t.Log(table)
}

// race has each heketi make and delete so many volumes, round by round, and returns rows of a table. It logs what the API
// server was asked for meanwhile by those that run commands in pods.
func race(t *testing.T, volumes int, rivals ...heketi) (rows string) {
	t.Helper()
	made, removed := map[string][]time.Duration{}, map[string][]time.Duration{}
	for round := range executorRounds(t) {
		for _, h := range rivals {
			start := time.Now()
			making, middle, removing := h.makeAndRemove(t, volumes)
			end := time.Now()
			made[h.name], removed[h.name] = append(made[h.name], making), append(removed[h.name], removing)
			t.Logf("%d volumes, %s: made in %s, deleted in %s", volumes, h.name, seconds(making), seconds(removing))
			if round == 0 && h.name != "ssh" {
				t.Logf("%s, making %d: %s", h.name, volumes, describeRequests(requestsBetween(t, start, middle), volumes, making))
				t.Logf("%s, deleting %d: %s", h.name, volumes, describeRequests(requestsBetween(t, middle, end), volumes, removing))
			}
		}
	}
	for _, h := range rivals {
		rows += fmt.Sprintf("| %d | %s | %s | %s | %s | %s |\n", volumes, h.name,
			seconds(median(made[h.name])), allSeconds(made[h.name]), seconds(median(removed[h.name])), allSeconds(removed[h.name]))
	}
	return rows
}

// makeAndRemove makes and deletes volumes, and returns how long each took, and when the one had ended. What others have left, the disks have written before.
func (h heketi) makeAndRemove(t *testing.T, volumes int) (making time.Duration, between time.Time, removing time.Duration) {
	t.Helper()
	unix.Sync()
	ids, making, err := h.make(volumes)
	if err != nil {
		explain(t)
		t.Fatal(err)
	}
	unix.Sync()
	between = time.Now()
	removing, err = h.remove(ids)
	if err != nil {
		explain(t)
		t.Fatal(err)
	}
	return making, between, removing
}

// installOnce installs all of it, unless another test has.
func installOnce(t *testing.T) {
	if _, err := try(t.Context(), "get", "glustercluster/glusterfs"); err != nil {
		install(t)
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func allSeconds(all []time.Duration) string {
	var texts []string
	for _, d := range all {
		texts = append(texts, fmt.Sprintf("%.1f", d.Seconds()))
	}
	return strings.Join(texts, ", ")
}
