package verdict

import "slices"

// State is how it stands with something that was looked at.
type State string

const (
	// Fine is what is as it should be.
	Fine State = "ok"
	// Waits is what goes on by itself, or with the next pod: nothing is wrong.
	Waits State = "waits"
	// Wrong is what needs somebody.
	Wrong State = "wrong"
	// Unknown is what could not be told.
	Unknown State = "unknown"
)

// Worst returns what the states come to. What is wrong counts before what is not known, and that
// before what goes on by itself.
func Worst(states []State) State {
	for _, state := range []State{Wrong, Unknown, Waits} {
		if slices.Contains(states, state) {
			return state
		}
	}
	return Fine
}
