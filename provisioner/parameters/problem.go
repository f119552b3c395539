package parameters

import (
	"strconv"
	"strings"
)

// shownLength is how many characters of a value a message shows.
const shownLength = 100

// Problem is one thing that is wrong with a class's parameters.
type Problem struct {
	// Parameter is the parameter's name, as it is documented.
	Parameter string
	// Value is the offending value, or the offending items of a list; empty
	// when the parameter is missing, or when the value may hold a secret.
	Value string
	// Reason says what would be accepted.
	Reason string
}

// String returns "parameter "value": reason", with long values cut at 100
// characters.
func (p Problem) String() string {
	name := shorten(p.Parameter)
	if !alphanumeric.MatchString(p.Parameter) {
		name = strconv.Quote(name)
	}
	if p.Value == "" {
		return name + ": " + p.Reason
	}
	return name + " " + strconv.Quote(shorten(p.Value)) + ": " + p.Reason
}

// InvalidError says everything that is wrong with a class's parameters.
type InvalidError struct {
	// Problems is never empty and is sorted by parameter.
	Problems []Problem
}

// Error lists the problems, separated by "; ". It never shows restuserkey.
func (e *InvalidError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		texts[i] = problem.String()
	}
	return strings.Join(texts, "; ")
}

func refuse(parameter, value, reason string) []Problem {
	return []Problem{{Parameter: parameter, Value: value, Reason: reason}}
}

func shorten(text string) string {
	characters := []rune(text)
	if len(characters) <= shownLength {
		return text
	}
	return string(characters[:shownLength]) + "..."
}
