package storagesuite

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// state is what ginkgo says became of a spec.
type state string

const (
	passed state = "passed"
	// skipped is also what was not to be run.
	skipped state = "skipped"
	pending state = "pending"
)

// ran tells whether the spec was run to some end.
func (s state) ran() bool { return s != skipped && s != pending }

// spec is what ginkgo's report says of a spec, or of what ginkgo ran before and after all
// of them.
type spec struct {
	ContainerHierarchyTexts []string
	LeafNodeType            string
	LeafNodeText            string
	State                   state
	Failure                 struct{ Message string }
}

// name is the spec's whole text, by which ginkgo chooses specs.
func (s spec) name() string {
	return strings.Join(append(s.ContainerHierarchyTexts[:len(s.ContainerHierarchyTexts):len(s.ContainerHierarchyTexts)], s.LeafNodeText), " ")
}

// isTest tells a spec from what runs before and after all of them.
func (s spec) isTest() bool { return s.LeafNodeType == "It" }

// readReport reads a report of ginkgo.
func readReport(path string) ([]spec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ginkgo has written no report: %w", err)
	}
	var suites []struct{ SpecReports []spec }
	if err := json.Unmarshal(text, &suites); err != nil {
		return nil, fmt.Errorf("cannot read ginkgo's report %s: %w", path, err)
	}
	var specs []spec
	for _, suite := range suites {
		specs = append(specs, suite.SpecReports...)
	}
	return specs, nil
}
