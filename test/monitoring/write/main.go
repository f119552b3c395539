// Command write writes those files of deploy/monitoring that are made of others: the
// PrometheusRule of the alerts, and the dashboard of the program in test/modules/dashboard.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/monitoring"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := write(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		return 1
	}
	return 0
}

func write(ctx context.Context) error {
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	made, err := monitoring.Made(ctx, root)
	if err != nil {
		return err
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(root, monitoring.Folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
