package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// lateError says what was still missing when a wait ended.
type lateError struct {
	missing string
}

func (e *lateError) Error() string { return e.missing }

// wait looks again and again until nothing is missing, tells each time that something else is, and returns a lateError
// if something still is in the end. A look that fails is tried again, too: gluster refuses to answer while
// another command has its locks.
func (r *Rollout) wait(ctx context.Context, who string, look func(context.Context) (missing []string, err error)) error {
	bounded, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	said := ""
	for {
		missing, err := look(bounded)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if apierrors.IsForbidden(err) || isStopped(err) {
			return err
		}
		// What it could not see because its time is over says nothing.
		if err != nil && bounded.Err() == nil {
			missing = []string{err.Error()}
		}
		if err == nil && len(missing) == 0 {
			return nil
		}
		if now := inWords(missing); now != said && bounded.Err() == nil {
			said = now
			r.tell("%s: waits: %s", who, said)
		}
		select {
		case <-bounded.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &lateError{said}
		case <-time.After(pace):
		}
	}
}

func isStopped(err error) bool {
	var is *StoppedError
	return errors.As(err, &is)
}

// named is how much of what is missing is named at a time.
const named = 5

// inWords has the first few of what is missing.
func inWords(missing []string) string {
	if len(missing) > named {
		return fmt.Sprintf("%s; and %d more", strings.Join(missing[:named], "; "), len(missing)-named)
	}
	return strings.Join(missing, "; ")
}

// waitWhole waits until nothing is missing, and has hosts agree meanwhile that have different versions of GlusterFS. It returns what it saw
// in the end. when says for what.
func (r *Rollout) waitWhole(ctx context.Context, when string) (seen sight, err error) {
	agreement := agreement{r, map[string]time.Time{}}
	err = r.wait(ctx, when, func(ctx context.Context) (missing []string, err error) {
		if seen, missing, err = r.look(ctx); err != nil {
			return nil, err
		}
		return missing, agreement.seek(ctx, seen.behind())
	})
	var late *lateError
	if errors.As(err, &late) {
		return sight{}, stopped("%s: not all is whole after %s: %s. No pod was touched meanwhile. To do: mend that, and type the command again", when, r.Timeout, late.missing)
	}
	return seen, err
}
