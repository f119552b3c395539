// Command build builds what the test bench runs, so that the tests do not have to.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"glusterfs-provisioner/test/bench"
)

func main() {
	os.Exit(run())
}

func run() int {
	version := flag.String("kubernetes", string(bench.DefaultKubernetes), "version of Kubernetes, one of test/modules")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if _, err := bench.Build(ctx, "", bench.Kubernetes(*version), os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
