package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"glusterfs-provisioner/test/performance/stage"
)

// lineBound is how long one line may take. The slowest, the in-tree plugin's, take
// about a minute and a half.
const lineBound = 10 * time.Minute

// sizes are how much is measured.
type sizes struct {
	burst, many, idle, runs int
}

// fullSizes are those of docs/performance.md; many is below the 1000 volumes that
// heketi allows in a cluster.
var fullSizes = sizes{burst: 100, many: 900, idle: 50, runs: 3}

// The workloads.
const (
	burst       = "burst"
	many        = "many"
	idle        = "idle"
	deletion    = "deletion" // measured after burst
	halfAlone   = "half-alone"
	halfHanging = "half-hanging"
	slow200ms   = "slow-200ms"
	slow2s      = "slow-2s"
	rival       = "rival"
	// Of two heketis, one of which is slow.
	slowNeighbor = "slow-30s-neighbor"
	fullClusters = "full-clusters"
	// Beside a user.
	usersCalm  = "calm-user"
	annotating = "annotating-user"
	raising    = "raising-user"
	count      = "count"
	countIdle  = "count-idle"
)

// line is one thing to measure.
type line struct {
	workload string
	subject  subject
	runs     int
	measure  func(context.Context, *bencher, subject) ([]result, error)
}

func (l line) name() string { return l.workload + "/" + l.subject.name }

// loadLines are the lines of "make bench". The in-tree plugin has no line with
// many claims, which would take it hours, and none with slow operations.
func loadLines(sizes sizes) []line {
	return []line{
		{burst, heketiAlone, sizes.runs, measureLimit(sizes.burst, true)},
		{burst, floorNow, sizes.runs, measureBurst(sizes.burst)},
		{burst, floorThen, sizes.runs, measureBurst(sizes.burst)},
		{burst, ours, sizes.runs, measureBurst(sizes.burst)},
		{burst, oursThen, sizes.runs, measureBurst(sizes.burst)},
		{burst, oursShared, sizes.runs, measureBurst(sizes.burst)},
		{burst, inTree, 1, measureBurst(sizes.burst)},
		{burst, inTreeDefault, 1, measureBurst(sizes.burst)},
		{many, heketiAlone, 1, measureLimit(sizes.many, false)},
		{many, floorNow, 1, measureMany(sizes.many)},
		{many, floorThen, 1, measureMany(sizes.many)},
		{many, ours, 1, measureMany(sizes.many)},
		{many, oursThen, 1, measureMany(sizes.many)},
		{many, oursShared, 1, measureMany(sizes.many)},
		{idle, heketiAlone, 1, measureIdleLimit(sizes.idle)},
		{idle, ours, 1, measureIdle(sizes.idle)},
		{idle, oursThen, 1, measureIdle(sizes.idle)},
		{idle, inTree, 1, measureIdle(sizes.idle)},
		{halfAlone, ours, sizes.runs, measureHalf(sizes.burst/2, false)},
		{halfHanging, ours, sizes.runs, measureHalf(sizes.burst/2, true)},
		{slowNeighbor, ours, 1, measureNeighbor(2*sizes.burst, sizes.burst/2)},
		{fullClusters, ours, 1, measureFullClusters(min(sizes.idle, mostInRoom))},
		{usersCalm, floorNow, sizes.runs, measureUserOnFloor(usersCalm, sizes.burst, sizes.burst/2)},
		{annotating, floorNow, sizes.runs, measureUserOnFloor(annotating, sizes.burst, sizes.burst/2)},
		{raising, floorNow, sizes.runs, measureUserOnFloor(raising, sizes.burst, sizes.burst/2)},
		{usersCalm, ours, sizes.runs, measureUser(usersCalm, sizes.burst, sizes.burst/2)},
		{annotating, ours, sizes.runs, measureUser(annotating, sizes.burst, sizes.burst/2)},
		{raising, ours, sizes.runs, measureUser(raising, sizes.burst, sizes.burst/2)},
		{slow200ms, heketiAlone, 1, measureSlowLimit(slow200ms, sizes.burst)},
		{slow200ms, ours, 1, measureSlow(slow200ms, sizes.burst)},
		{slow2s, heketiAlone, 1, measureSlowLimit(slow2s, sizes.burst)},
		{slow2s, ours, 1, measureSlow(slow2s, sizes.burst)},
		{rival, ours, 1, measureRival(sizes.burst / 2)},
		{count, ours, 1, countRequests(sizes.burst)},
		{count, oursThen, 1, countRequests(sizes.burst)},
		{count, oursShared, 1, countRequests(sizes.burst)},
		{countIdle, ours, 1, countIdleRequests(min(sizes.idle, mostCountedIdle))},
		{count, inTree, 1, countRequests(min(sizes.burst, 20))},
	}
}

// bencher measures lines and keeps what they gave.
type bencher struct {
	settings
	// binary is our provisioner, floor the one that makes nothing.
	binary, floor string
	results       results
}

func newBencher(ctx context.Context, s settings) (*bencher, error) {
	binary, err := stage.Build(ctx)
	if err != nil {
		return nil, err
	}
	floor, err := stage.BuildFloor(ctx)
	return &bencher{settings: s, binary: binary, floor: floor}, err
}

// measureAll measures the lines that are wanted, and goes on after one that
// fails.
func (b *bencher) measureAll(ctx context.Context, lines []line) error {
	var failures []error
	for _, line := range lines {
		if !b.only.MatchString(line.name()) {
			continue
		}
		for run := range line.runs {
			if err := b.measureLine(ctx, line, run); err != nil {
				failures = append(failures, fmt.Errorf("%s: %w", line.name(), err))
				break
			}
		}
	}
	return errors.Join(failures...)
}

func (b *bencher) measureLine(ctx context.Context, line line, run int) error {
	ctx, cancel := context.WithTimeout(ctx, lineBound)
	defer cancel()
	begun := time.Now()
	results, err := line.measure(ctx, b, line.subject)
	if err != nil {
		return err
	}
	for _, result := range results {
		fmt.Fprintf(os.Stderr, "%s, run %d: %s\n", line.name(), run+1, result)
	}
	fmt.Fprintf(os.Stderr, "  (%v with everything around it)\n", time.Since(begun).Round(time.Second))
	b.results = append(b.results, results...)
	return nil
}

// set sets a stage for a subject, with its provisioner, if it has one of its own, and
// waits until it is calm. What it returns has to be struck, also after an error.
func (b *bencher) set(ctx context.Context, s subject, countRequests bool) (*stage.Stage, error) {
	binary := b.binary
	if s.floor != "" {
		binary = b.floor
	}
	set, err := stage.Set(ctx, stage.Options{
		Kubernetes: s.kubernetes, ControllerManagerQPS: s.managerQPS, CountRequests: countRequests, Binary: binary,
	})
	if err != nil {
		return set, err
	}
	if s.provisioner == stage.Ours {
		if _, err := b.start(ctx, set, s); err != nil {
			return set, err
		}
	}
	return set, set.Settle(ctx)
}

// start starts a subject's provisioner and returns how long it took until it provisions.
func (b *bencher) start(ctx context.Context, set *stage.Stage, s subject) (time.Duration, error) {
	flags := slices.Clone(b.flags)
	if s.floor != "" {
		flags = append(flags, "--source="+string(s.floor))
	}
	if b.profiles != "" {
		flags = append(flags, "--profiling")
	}
	return set.StartProvisioner(ctx, flags...)
}
