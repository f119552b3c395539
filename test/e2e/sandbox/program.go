package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Program is a program that runs tests in a sandbox, if it is told to.
type Program struct {
	// Name begins what it says.
	Name string
	// Variable is the environment variable that is 1 if the tests are to run, and
	// Command what sets it.
	Variable, Command string
	// Prepare gets all that the tests need, on the machine.
	Prepare func(context.Context) error
	// Run runs the tests, in the sandbox, and returns the exit status.
	Run func(context.Context) int
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
		return p.Run(ctx)
	}
	return p.status(p.launch(ctx))
}

func (p Program) launch(ctx context.Context) error {
	if os.Getuid() != 0 {
		return errors.New("these tests need root")
	}
	if err := p.Prepare(ctx); err != nil {
		return err
	}
	return Launch(ctx, os.Stdout)
}

func (p Program) status(err error) int {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
		return 1
	}
	return 0
}
