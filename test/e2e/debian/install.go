// Package debian installs packages of Debian.
package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// policy is asked by packages before they start a service.
const policy = "/usr/sbin/policy-rc.d"

// Install installs those of the packages that are missing, as root, without
// starting their services, and says so on log.
func Install(ctx context.Context, log io.Writer, packages ...string) error {
	var missing []string
	for _, name := range packages {
		status, err := bench.Run(ctx, nil, "dpkg-query", "--show", "--showformat=${db:Status-Status}", name)
		if err != nil || string(status) != "installed" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	fmt.Fprintf(log, "installing Debian's packages %s\n", strings.Join(missing, ", "))
	if err := install(ctx, missing); err != nil {
		return fmt.Errorf("cannot install Debian's packages %s: %w", strings.Join(missing, ", "), err)
	}
	return nil
}

func install(ctx context.Context, packages []string) (err error) {
	allow, err := denyServices()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, allow()) }()
	args := append([]string{"install", "--yes", "--no-install-recommends", "--option=DPkg::Lock::Timeout=600"}, packages...)
	environment := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if _, err := bench.Run(ctx, environment, "apt-get", "update", "--quiet"); err != nil {
		return err
	}
	_, err = bench.Run(ctx, environment, "apt-get", args...)
	return err
}

// denyServices has packages start nothing, until the function is called that it
// returns. Who has a policy keeps it.
func denyServices() (allow func() error, err error) {
	file, err := os.OpenFile(policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = file.WriteString("#!/bin/sh\nexit 101\n")
	return func() error { return os.Remove(policy) }, errors.Join(err, file.Close())
}
