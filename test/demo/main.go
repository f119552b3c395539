package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// bound is how long the demonstration may take, building included.
const bound = 40 * time.Minute

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := demonstrate(ctx, os.Stdout, wishes{keep: os.Getenv("KEEP") == "1", monitoring: os.Getenv("MONITORING") == "1"}); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
	return 0
}

// wishes are what is shown besides.
type wishes struct {
	// keep leaves everything running after the claim is Bound, until the context ends.
	keep bool
	// monitoring shows in a Prometheus how long claims take.
	monitoring bool
}

// demonstrate tells the story on out.
func demonstrate(ctx context.Context, out io.Writer, wishes wishes) (err error) {
	bounded, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	s, err := setStage(bounded, out)
	defer func() { err = errors.Join(err, s.strike()) }()
	if err != nil {
		return err
	}
	if err := s.provision(bounded); err != nil {
		return err
	}
	if wishes.monitoring {
		if err := s.monitor(bounded); err != nil {
			return err
		}
	}
	if wishes.keep {
		s.say("Left running until Ctrl-C. To look around from another terminal:")
		fmt.Fprintf(out, "export KUBECONFIG=%s\n%s get pvc,pv\n", s.cluster.Kubeconfig(), s.kubectl())
		<-ctx.Done()
		return nil
	}
	return s.remove(bounded)
}
