package csi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/bench"
)

// manyVolumes is how many volumes a node gets at once.
const manyVolumes = 100

// TestHundredVolumes measures what it takes to mount a hundred volumes at once, as after a start
// of a node, and prints a table for docs/performance.md. "make bench-node" runs it.
func TestHundredVolumes(t *testing.T) {
	// On the node, one volume with many handles is as many volumes: each has a client and a log
	// of its own. To make as many would take the hosts longer than all that is measured.
	one := newVolume(t)
	var volumes []glusterVolume
	for i := range manyVolumes {
		v := one
		v.handle = fmt.Sprintf("%s:%032x", cluster, i)
		volumes = append(volumes, v)
	}
	rows := []string{
		"| | all mounted after | median | slowest | memory of the clients | of one | the plugin's container, at most |",
		"|---|---|---|---|---|---|---|",
		byHand(t, volumes).row("mount.glusterfs alone, all at once"),
	}
	for _, limit := range []string{"0", "4", "16"} {
		rows = append(rows, byPlugin(t, volumes, "--max-mounts="+limit).row("the plugin, `--max-mounts="+limit+"`"))
	}
	t.Logf("\n%s", strings.Join(rows, "\n"))
}

// burst is how volumes were mounted at once.
type burst struct {
	all, median, slowest time.Duration
	// clients is what these have in memory, and container what the plugin's cgroup had at
	// most, in bytes; 0 if that is not known.
	clients, container int
}

func (b burst) row(name string) string {
	container := "-"
	if b.container > 0 {
		container = mebibytes(b.container)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", name, seconds(b.all), seconds(b.median), seconds(b.slowest),
		mebibytes(b.clients), mebibytes(b.clients/manyVolumes), container)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func mebibytes(bytes int) string { return fmt.Sprintf("%d MiB", (bytes+1<<19)>>20) }

// mountAll mounts all volumes at once.
func mountAll(t *testing.T, volumes []glusterVolume, mount func(ctx context.Context, v glusterVolume) error) burst {
	t.Helper()
	took := make([]time.Duration, len(volumes))
	group, ctx := errgroup.WithContext(t.Context())
	start := time.Now()
	for i, v := range volumes {
		group.Go(func() error {
			err := mount(ctx, v)
			took[i] = time.Since(start)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(took)
	return burst{all: time.Since(start), median: took[len(took)/2], slowest: took[len(took)-1]}
}

// byHand mounts as a person would, or kubelet's in-tree plugin: nothing is looked at before or
// after.
func byHand(t *testing.T, volumes []glusterVolume) burst {
	t.Helper()
	folder, err := os.MkdirTemp("/run", "by-hand")
	if err != nil {
		t.Fatal(err)
	}
	target := func(v glusterVolume) string { return filepath.Join(folder, strings.ReplaceAll(v.handle, ":", "-")) }
	b := mountAll(t, volumes, func(ctx context.Context, v glusterVolume) error {
		if err := os.Mkdir(target(v), 0o755); err != nil {
			return err
		}
		servers := strings.Split(v.attributes["servers"], ",")
		_, err := bench.Run(ctx, nil, "mount.glusterfs", servers[0]+":/"+v.name, target(v), "-o",
			"log-level=ERROR,log-file="+logOf(v)+",backup-volfile-servers="+strings.Join(servers[1:], ":"))
		return err
	})
	for _, v := range volumes {
		b.clients += memoryOf(t, clientOf(t, target(v)))
	}
	for _, v := range volumes {
		if _, err := bench.Run(t.Context(), nil, "umount", target(v)); err != nil {
			t.Error(err)
		}
		waitForNoClient(t, target(v))
	}
	return b
}

func byPlugin(t *testing.T, volumes []glusterVolume, flags ...string) burst {
	t.Helper()
	p := startPlugin(t, flags...)
	b := mountAll(t, volumes, func(ctx context.Context, v glusterVolume) error { return p.stage(ctx, v) })
	for _, v := range volumes {
		b.clients += memoryOf(t, clientOf(t, p.stagingPath(v)))
	}
	b.container = p.cgroup.mostMemory(t)
	for _, v := range volumes {
		if err := p.unstage(t.Context(), v); err != nil {
			t.Error(err)
		}
		waitForNoClient(t, p.stagingPath(v))
	}
	p.killContainer(t)
	return b
}

// memoryOf is what a process has in memory, in bytes; pages that it shares with others count in
// part.
func memoryOf(t *testing.T, process int) int {
	t.Helper()
	for line := range strings.Lines(processInfo(t, process, "smaps_rollup")) {
		if fields := strings.Fields(line); fields[0] == "Pss:" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("the kernel does not tell the memory of process %d", process)
	return 0
}

// mostMemory is what the cgroup has had in memory at most, in bytes; 0 if no hierarchy counts
// it.
func (c cgroup) mostMemory(t *testing.T) int {
	t.Helper()
	for _, folder := range c {
		for _, file := range []string{"memory.max_usage_in_bytes", "memory.peak"} {
			text, err := os.ReadFile(filepath.Join(folder, file))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			bytes, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return bytes
		}
	}
	return 0
}
