// Package godbc stands in for github.com/lpabon/godbc, design-by-contract
// checks that heketi's server imports and that the Go module proxy does not
// serve. A check that fails panics with its message.
package godbc

import (
	"fmt"

	_ "glusterfs-provisioner/keeper/heketi/apilimit" // nothing else of the project is in heketi
)

// Require checks what must hold on entry.
func Require(holds bool, message ...any) { check("precondition", holds, message) }

// Ensure checks what must hold on exit.
func Ensure(holds bool, message ...any) { check("postcondition", holds, message) }

// Check checks what must hold in between.
func Check(holds bool, message ...any) { check("assertion", holds, message) }

func check(kind string, holds bool, message []any) {
	if !holds {
		panic(fmt.Sprintf("%s does not hold: %s", kind, fmt.Sprint(message...)))
	}
}
