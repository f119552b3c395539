package commandline

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"
)

// Exit statuses of a program that serves.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Options are those of a program that serves until a signal ends it.
type Options interface {
	// Flags returns the flags that set them.
	Flags() cliflag.NamedFlagSets
	// Validate returns all that is wrong with what was set.
	Validate() error
}

// Start sets the options from the arguments and has the process log as the configuration, which
// the flags set, says. It returns done as true when all that was asked for has been printed.
func (c Command) Start(options Options, logging *logsapi.LoggingConfiguration, arguments []string, stdout io.Writer) (done bool, err error) {
	rest, done, err := c.Parse(options.Flags(), arguments, stdout)
	if done || err != nil {
		return done, err
	}
	if len(rest) > 0 {
		return false, fmt.Errorf("unexpected arguments %q", rest)
	}
	if err := options.Validate(); err != nil {
		return false, err
	}
	return false, StartLogging(logging)
}

// Serve runs a program after Start, which it calls as start, until the program or a signal ends
// it, tells its error, and returns its exit status.
func (c Command) Serve(start func() (done bool, err error), run func(context.Context) error, stderr io.Writer) int {
	done, err := start()
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "%s: %s; see %s --help\n", c.Name, strings.ReplaceAll(err.Error(), "\n", "; "), c.Name)
		return exitUsage
	case done:
		return exitOK
	}
	return UntilSignalled(c.Name, func(ctx context.Context) (int, error) {
		if err := run(ctx); err != nil {
			return exitFailed, err
		}
		return exitOK, nil
	}, stderr)
}

// UntilSignalled runs what a program does until that or a signal ends it, tells its error, and returns its
// exit status.
func UntilSignalled(program string, run func(context.Context) (status int, err error), stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	status, err := run(ctx)
	klog.Flush()
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", program, err)
	}
	return status
}
