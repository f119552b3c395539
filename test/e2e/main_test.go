package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"glusterfs-provisioner/test/e2e/sandbox"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(main(m))
}

// main launches this program again in a sandbox, where it runs the tests.
func main(m *testing.M) int {
	if os.Getenv("E2E") != "1" {
		fmt.Println("left out: make e2e runs these tests")
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if os.Getenv(sandbox.Variable) != "" {
		return run(ctx, m)
	}
	code, err := sandbox.Launch(ctx, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return max(code, 1)
	}
	return code
}

func run(ctx context.Context, m *testing.M) int {
	if err := setUp(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cannot set up the tests:", err)
		return 1
	}
	return m.Run()
}
