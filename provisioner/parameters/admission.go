package parameters

import (
	"fmt"
	"regexp"
	"strings"
)

// condition is what has to hold for a parameter, in CEL, so that an API server can refuse a
// class that Parse would.
type condition struct {
	parameter string
	// holds is true if the parameter is right.
	holds string
	// shown is the value that a message shows; the parameter's if it is empty.
	shown string
	// wanted says what would be accepted.
	wanted string
}

// Variable is a name for a CEL expression.
type Variable struct{ Name, Expression string }

// Admission returns the variables of a ValidatingAdmissionPolicy by which an API server
// judges a StorageClass as Parse does, in the order in which they need each other. The last
// one, problems, is the list of what is wrong: texts such as those of Problem. It needs
// Kubernetes 1.30, and nothing newer.
func Admission() []Variable {
	all := []Variable{{"parameters", "has(object.parameters) ? object.parameters : {}"}}
	problems := []string{unknownNames(), repeatedNames()}
	for _, rule := range rules {
		for _, name := range rule.names {
			if rule.uses(name) {
				all = append(all, Variable{name, fmt.Sprintf(
					"(variables.parameters.filter(k, k.lowerAscii() == '%s').map(k, variables.parameters[k].trim()) + [''])[0]", inLowerCase(name))})
			}
		}
		for _, condition := range rule.admitted {
			problems = append(problems, condition.problem())
		}
	}
	const text = "p[0] + (p[1] == '' ? '' : ' ' + strings.quote(p[1].size() > %[1]d ? p[1].substring(0, %[1]d) + '...' : p[1])) + ': ' + p[2]"
	return append(all,
		Variable{"wrong", strings.Join(problems, " +\n")},
		Variable{"problems", fmt.Sprintf("variables.wrong.map(p, "+text+")", shownLength)})
}

func (r rule) uses(name string) bool {
	for _, condition := range r.admitted {
		if strings.Contains(condition.holds, value(name)) {
			return true
		}
	}
	return false
}

// problem is a list of what is wrong: name, value and what is wanted, or nothing.
func (c condition) problem() string {
	shown := c.shown
	if shown == "" {
		shown = value(c.parameter)
	}
	return fmt.Sprintf("(%s ? [] : [['%s', %s, %s]])", c.holds, c.parameter, shown, quoted(c.wanted))
}

func unknownNames() string {
	return fmt.Sprintf("variables.parameters.filter(k, !(k.lowerAscii() in [%s])).map(k, [strings.quote(k), '', %s])",
		quotedNames(), quoted(noSuchParameter+namesAre+strings.Join(knownNames(), ", ")))
}

func repeatedNames() string {
	return fmt.Sprintf("[%s].filter(n, variables.parameters.filter(k, k.lowerAscii() == n).size() > 1).map(n, [n, '', %s])",
		quotedNames(), quoted(givenOnce))
}

func quotedNames() string {
	var names []string
	for _, name := range knownNames() {
		names = append(names, quoted(inLowerCase(name)))
	}
	return strings.Join(names, ", ")
}

// value is the trimmed value of a parameter in CEL; empty if it is not given.
func value(parameter string) string { return "variables." + parameter }

func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

func matches(parameter string, form *regexp.Regexp) string {
	return value(parameter) + ".matches(r'" + form.String() + "')"
}

// eachItem holds if the items of a comma separated list, trimmed, are empty or have a form.
func eachItem(parameter string, form *regexp.Regexp) string {
	return value(parameter) + ".split(',').all(i, i.trim() == '' || i.trim().matches(r'" + form.String() + "'))"
}

func isOneOf(parameter string, values ...string) string {
	return value(parameter) + " in [" + listed(values) + "]"
}

func isOneOfInAnyCase(parameter string, values ...string) string {
	return value(parameter) + ".lowerAscii() in [" + listed(values) + "]"
}

// listed lists values and the empty one.
func listed(values []string) string {
	all := "''"
	for _, value := range values {
		all += ", " + quoted(value)
	}
	return all
}
