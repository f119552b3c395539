package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
)

// Tests are those of a test program that share a cluster. How long they may take is said by
// "go test -timeout" alone, which names the tests that run when the time is over. What they have
// started ends with the test program.
type Tests struct {
	// SetUp starts what they share, of which a part may go on until its context ends, which is after
	// the last test. What it returns undoes that, whether or not it succeeded.
	SetUp func(context.Context) (stop func() error, err error)
	// Test runs them, and returns the exit status.
	Test func() int
	// CheckRights returns which rights of the manifests nothing has used. It is called after all tests have run
	// and passed, since each of them uses only some.
	CheckRights func(context.Context) error
}

// Run runs the tests, and returns the exit status of the program.
func (t Tests) Run() int {
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop, err := t.SetUp(ctx)
	code := 1
	if err != nil {
		err = fmt.Errorf("cannot set up the tests: %w", err)
	} else {
		code, err = t.test(ctx)
	}
	if err = errors.Join(err, stop()); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	return code
}

func (t Tests) test(ctx context.Context) (code int, err error) {
	code = t.Test()
	all := flag.Lookup("test.run").Value.String() == ""
	if code == 0 && all {
		if err := t.CheckRights(ctx); err != nil {
			return 1, fmt.Errorf("rights of the manifests: %w", err)
		}
	}
	return code, nil
}
