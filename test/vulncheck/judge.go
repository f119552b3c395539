package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

// raise is a version that has to be raised: a module's, or that of the images' Go.
type raise struct {
	what, from, to string
}

// judge returns an error that says what to raise, and to what, so that nothing that is
// shipped has one of the findings. One of the standard library counts if the images' Go
// has it, too: what is built with another Go is not shipped.
func judge(findings []finding, imageGo string) error {
	var raises []raise
	var problems []error
	for _, f := range findings {
		r := raise{f.module, f.version, f.fixed}
		if f.module == stdlib {
			r = raise{"GO_VERSION in the Dockerfile", strings.TrimPrefix(imageGo, "go"), strings.TrimPrefix(f.fixed, "v")}
		}
		if f.fixed == "" {
			problems = append(problems, fmt.Errorf("%s %s has %s, which no version fixes: do without what has it", r.what, r.from, f.id))
			continue
		}
		if f.module == stdlib {
			older, err := isOlder(r.from, r.to)
			if err != nil {
				return fmt.Errorf("cannot compare the versions of %s: %w", f.id, err)
			}
			if !older {
				continue
			}
		}
		raises = append(raises, r)
	}
	highest, err := highestOf(raises)
	if err != nil {
		return err
	}
	for _, r := range highest {
		problems = append(problems, fmt.Errorf("raise %s from %s to %s or newer", r.what, r.from, r.to))
	}
	return errors.Join(problems...)
}

// highestOf keeps of each thing to raise the highest version, which has all fixes.
func highestOf(raises []raise) ([]raise, error) {
	var highest []raise
	for _, r := range raises {
		i := slices.IndexFunc(highest, func(known raise) bool { return known.what == r.what && known.from == r.from })
		if i < 0 {
			highest = append(highest, r)
			continue
		}
		older, err := isOlder(highest[i].to, r.to)
		if err != nil {
			return nil, err
		}
		if older {
			highest[i] = r
		}
	}
	slices.SortFunc(highest, func(a, b raise) int { return cmp.Compare(a.what, b.what) })
	return highest, nil
}

func isOlder(a, b string) (bool, error) {
	parsedA, errA := version.ParseSemantic(a)
	parsedB, errB := version.ParseSemantic(b)
	if err := errors.Join(errA, errB); err != nil {
		return false, err
	}
	return parsedA.LessThan(parsedB), nil
}
