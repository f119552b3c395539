package node

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"glusterfs-provisioner/node/questions"
)

// asker is that of most plugins of the tests.
var asker = newAsker()

func newAsker() *questions.Asker {
	return questions.New(func(_ context.Context, command *exec.Cmd) error { return command.Start() })
}

// TestMain also is the processes that this program starts of itself.
func TestMain(m *testing.M) {
	switch {
	case slices.Equal(os.Args[1:], []string{questions.Argument}):
		os.Exit(questions.Serve())
	case len(os.Args) == 3 && os.Args[1] == surveyor:
		os.Exit(runSurveyor(os.Args[2]))
	case filepath.Base(os.Args[0]) == fuseProgram:
		os.Exit(serveFUSE(os.Args[1:]))
	}
	os.Exit(m.Run())
}
