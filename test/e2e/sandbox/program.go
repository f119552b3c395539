package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"glusterfs-provisioner/test/bench"
)

// Program is a program that runs tests in a sandbox, if it is told to.
type Program struct {
	// Name begins what it says.
	Name string
	// Variable is the environment variable that is 1 if the tests are to run, and
	// Command what sets it.
	Variable, Command string
	// Prepare gets all that the tests need, on the machine. root is the project's folder.
	Prepare func(ctx context.Context, root string) error
	// SetUp starts what the tests share, in the sandbox, which Enter makes complete. logs is
	// an empty folder for their logs.
	SetUp func(ctx context.Context, root, logs string) error
	// Test runs the tests, and returns the exit status.
	Test func() int
	// LookAround returns what the tests have left. It may be nil.
	LookAround func(context.Context) error
	// Shell is what a person types in the sandbox to use what KEEP=1 leaves up. It may be nil.
	Shell func() string
}

// Main does what the program was started for, and returns its exit status: nothing, if
// it was not told to run tests; to launch itself in a sandbox; to run the tests there; or
// to sweep after it.
func (p Program) Main() int {
	if swept, err := Sweep(); swept {
		return p.status(err)
	}
	if os.Getenv(p.Variable) != "1" {
		fmt.Printf("left out: %s runs these tests\n", p.Command)
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if os.Getenv(Variable) != "" {
		return p.run(ctx)
	}
	return p.status(p.launch(ctx))
}

func (p Program) launch(ctx context.Context) error {
	if os.Getuid() != 0 {
		return errors.New("these tests need root")
	}
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	if err := p.Prepare(ctx, root); err != nil {
		return err
	}
	return Launch(ctx, os.Stdout)
}

// run runs the tests. With KEEP=1, what they ran on stays until the context ends.
func (p Program) run(ctx context.Context) int {
	code := 1
	if err := p.setUp(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cannot set up the tests:", err)
	} else {
		code = max(p.Test(), p.lookAround(ctx))
	}
	if os.Getenv("KEEP") == "1" {
		fmt.Printf("%s: left up until Ctrl-C; to use it, enter the sandbox as told above\n", p.Name)
		if p.Shell != nil {
			fmt.Printf("and type there: %s\n", p.Shell())
		}
		<-ctx.Done()
	}
	return code
}

func (p Program) setUp(ctx context.Context) error {
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	logs := filepath.Join(root, "bin", p.Name, "logs")
	if err := errors.Join(os.RemoveAll(logs), os.MkdirAll(logs, 0o755)); err != nil {
		return err
	}
	fmt.Printf("%s: the logs are in %s\n", p.Name, logs)
	return p.SetUp(ctx, root, logs)
}

func (p Program) lookAround(ctx context.Context) int {
	if p.LookAround == nil {
		return 0
	}
	if err := p.LookAround(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: something is left of the tests:", err)
		return 1
	}
	return 0
}

func (p Program) status(err error) int {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
		return 1
	}
	return 0
}
