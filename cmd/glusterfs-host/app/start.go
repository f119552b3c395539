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

const (
	// formerBound is how long the processes of a container that was killed may take to end.
	formerBound = 10 * time.Second
	formerPoll  = time.Second
)

// checkStart returns why GlusterFS must not be started on the node. Processes of a former container get
// some time to end.
func checkStart(ctx context.Context, options NodeOptions) error {
	ctx, cancel := context.WithTimeout(ctx, formerBound)
	defer cancel()
	waits := false
	for {
		facts, err := options.gatherer().AtStart()
		if err != nil {
			return err
		}
		findings := preflight.Judge(facts, options.asked(preflight.AtStart))
		if len(findings) == 0 {
			return nil
		}
		if !slices.ContainsFunc(findings, mayEnd) {
			return refusal(findings)
		}
		if !waits {
			klog.InfoS("Waiting for another GlusterFS to end", "bound", formerBound, "err", refusal(findings))
			waits = true
		}
		select {
		case <-ctx.Done():
			return refusal(findings)
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
