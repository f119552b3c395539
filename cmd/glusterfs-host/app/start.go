package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/preflight"
)

// checkStart returns why GlusterFS must not be started on the node.
func checkStart(ctx context.Context, options NodeOptions) error {
	findings, err := findOutlasting(ctx, func() ([]*preflight.Finding, error) {
		facts, err := options.gatherer().AtStart()
		return preflight.Judge(facts, options.asked(preflight.AtStart)), err
	})
	if err != nil || len(findings) == 0 {
		return err
	}
	return refusal(findings)
}

const (
	// formerBound is how long the processes of a container that was killed may take to end.
	formerBound = 10 * time.Second
	formerPoll  = time.Second
)

// findOutlasting finds out what is wrong. Processes of a former container get some time to end: a pod that was deleted by force may
// run beside the next one for a while.
func findOutlasting(ctx context.Context, find func() ([]*preflight.Finding, error)) ([]*preflight.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, formerBound)
	defer cancel()
	waits := false
	for {
		findings, err := find()
		if err != nil || !slices.ContainsFunc(findings, mayEnd) {
			return findings, err
		}
		if !waits {
			klog.InfoS("Waiting for another GlusterFS to end", "bound", formerBound, "err", refusal(findings))
			waits = true
		}
		select {
		case <-ctx.Done():
			return findings, nil
		case <-time.After(formerPoll):
		}
	}
}

// mayEnd tells whether what was found may be the end of a former container.
func mayEnd(f *preflight.Finding) bool { return f.Check == "glusterd" || f.Check == "ports" }

// refusal tells of findings, each on a line.
func refusal(findings []*preflight.Finding) error {
	errs := make([]error, 0, len(findings))
	for _, finding := range findings {
		errs = append(errs, finding)
	}
	return fmt.Errorf("%w\n--skip=NAME passes a check over", errors.Join(errs...))
}
