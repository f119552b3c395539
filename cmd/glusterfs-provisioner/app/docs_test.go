package app

import (
	"bytes"
	"slices"
	"testing"

	"glusterfs-provisioner/test/documented"
)

// TestCommandsInDocsAreTaken has the flags of all commands of the provisioner that pages have be read.
// That ends with the help, so nothing is done.
func TestCommandsInDocsAreTaken(t *testing.T) {
	for page, commands := range documented.Commands(t, name) {
		for _, arguments := range commands {
			command := arguments[0]
			if command != auditCommand && separate[command] == nil && command[0] != '-' {
				t.Errorf("%s says %s %s, which is no command", page, name, command)
				continue
			}
			var stdout, stderr bytes.Buffer
			if status := Main(append(slices.Clone(arguments), "--help"), &stdout, &stderr); status != exitOK {
				t.Errorf("%s says %s %q: %s", page, name, arguments, &stderr)
			}
		}
	}
}
