package why

import (
	"fmt"
	"slices"
	"strings"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
)

// Answer says what a claim waits for. Its JSON is told in docs/kubectl-glusterfs.md.
type Answer struct {
	// Claim is the claim's namespace and name.
	Claim string        `json:"claim"`
	State verdict.State `json:"state"`
	// Reason is one word for it, for programs.
	Reason Reason `json:"reason"`
	// Says is what the claim waits for, and ToDo what to do; empty if that is nothing.
	Says string `json:"says"`
	ToDo string `json:"toDo,omitempty"`
	// LookedAt is what that is concluded from.
	LookedAt []Look `json:"lookedAt"`
}

// Look is one thing that was looked at.
type Look struct {
	At    string        `json:"at"`
	State verdict.State `json:"state"`
	Says  string        `json:"says"`
}

// Reason is one word for what a claim waits for.
type Reason string

// finding is a look, and what follows for the claim if it decides.
type finding struct {
	at     string
	state  verdict.State
	reason Reason
	says   string
	toDo   string
	// aside says that it is told, but that the claim does not depend on it.
	aside bool
}

// answer returns what the findings say of a claim: the first one of the worst state, or the
// last one if all is fine.
func answer(claim fmt.Stringer, found []finding) Answer {
	decisive := found[len(found)-1]
	var states []verdict.State
	for _, f := range found {
		if !f.aside {
			states = append(states, f.state)
		}
	}
	if worst := verdict.Worst(states); worst != verdict.Fine {
		decisive = found[slices.IndexFunc(found, func(f finding) bool { return f.state == worst && !f.aside })]
	}
	looks := make([]Look, len(found))
	for i, f := range found {
		looks[i] = Look{At: f.at, State: f.state, Says: onOneLine(f.says)}
	}
	return Answer{Claim: claim.String(), State: decisive.state, Reason: decisive.reason, Says: onOneLine(decisive.says), ToDo: decisive.toDo, LookedAt: looks}
}

// onOneLine returns a text that others have written, such as that of an event, on one line.
func onOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// untold is the finding of what the API server did not tell.
func untold(at, what string, err error) finding {
	return finding{at: at, state: verdict.Unknown, reason: NotTold, says: what + " cannot be told: " + asked.Why(err), toDo: "ask somebody who may read it, or have that granted"}
}

// beside returns a finding as one that the claim does not depend on.
func (f finding) beside() finding {
	f.aside = true
	return f
}

// allFine says whether none of the findings is of anything else.
func allFine(found []finding) bool {
	return !slices.ContainsFunc(found, func(f finding) bool { return f.state != verdict.Fine })
}

// onlyIfWrong returns a finding that does not count if it could not be told.
func onlyIfWrong(found finding) finding {
	found.aside = found.state == verdict.Unknown
	return found
}
