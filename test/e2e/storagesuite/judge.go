package storagesuite

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Summary counts the specs of the suite.
type Summary struct {
	// Passed are those that ran and passed.
	Passed int
	// LeftOut counts those that were left out, by the reason.
	LeftOut map[string]int
}

// judge says what became of the specs that were asked for. It is an error if one of them
// failed, if one did not run that no rule leaves out, if a rule leaves out none of the
// suite, and if none ran.
func judge(specs []spec, asked *regexp.Regexp, rules []Rule) (Summary, error) {
	summary := Summary{LeftOut: map[string]int{}}
	used := make(map[Rule]bool)
	var problems []error
	ran := map[string]bool{}
	for _, spec := range specs {
		ran[spec.name()] = ran[spec.name()] || spec.State.ran()
	}
	counted := map[string]bool{}
	for _, spec := range specs {
		name := spec.name()
		if !spec.isTest() {
			if spec.State.ran() && spec.State != passed {
				problems = append(problems, fmt.Errorf("%s of the suite %s: %s", spec.LeafNodeType, spec.State, spec.Failure.Message))
			}
			continue
		}
		if !strings.HasPrefix(name, suiteName) {
			continue
		}
		rule, leftOut := ruleOf(name, rules)
		if leftOut {
			used[rule] = true
		}
		switch {
		case !asked.MatchString(name):
		case !spec.State.ran() && (ran[name] || counted[name]):
			// It is another part's.
		case spec.State == passed:
			summary.Passed++
		case spec.State.ran():
			problems = append(problems, fmt.Errorf("%s: %s: %s", spec.State, name, spec.Failure.Message))
		case leftOut:
			counted[name] = true
			summary.LeftOut[rule.Reason]++
		default:
			counted[name] = true
			problems = append(problems, fmt.Errorf("no rule leaves it out, and it did not run: %s: %s", name, spec.Failure.Message))
		}
	}
	for _, rule := range rules {
		if !used[rule] {
			problems = append(problems, fmt.Errorf("the rule for %q leaves out no spec: remove it", rule.Specs))
		}
	}
	if summary.Passed == 0 {
		problems = append(problems, errors.New("no spec ran and passed"))
	}
	return summary, errors.Join(problems...)
}

// ruleOf is the first rule that leaves a spec out.
func ruleOf(name string, rules []Rule) (rule Rule, found bool) {
	for _, rule := range rules {
		if regexp.MustCompile(rule.Specs).MatchString(name) {
			return rule, true
		}
	}
	return Rule{}, false
}
