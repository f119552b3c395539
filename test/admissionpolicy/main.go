package main

import (
	"fmt"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "admissionpolicy:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, policyFile), []byte(policy()), 0o644)
}
