package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"

	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"

	"glusterfs-provisioner/host/preflight"
)

// PreflightOptions is what the flags of preflight set.
type PreflightOptions struct {
	Node    NodeOptions
	Devices []string
	Address string
	Logging *logsapi.LoggingConfiguration
}

// NewPreflightOptions returns the defaults.
func NewPreflightOptions() *PreflightOptions {
	return &PreflightOptions{Node: newNodeOptions(), Address: defaultAddress, Logging: logsapi.NewLoggingConfiguration()}
}

// Flags returns the flags in groups, bound to the options.
func (o *PreflightOptions) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("node")
	o.Node.addFlags(fs)
	fs.StringSliceVar(&o.Devices, "devices", nil, "Devices that heketi is to get, such as /dev/disk/by-id/...: they have to be empty. They are not written to.")
	fs.StringVar(&o.Address, "http-address", o.Address, "The --http-address that run is to have, whose port has to be free.")
	logsapi.AddFlags(o.Logging, groups.FlagSet("logging"))
	return groups
}

// Validate returns all that is wrong with the options, each with its remedy.
func (o *PreflightOptions) Validate() error {
	_, err := o.ports()
	return errors.Join(err, o.Node.validate())
}

// ports are those that have to be free.
func (o *PreflightOptions) ports() ([]int, error) {
	ports := []int{preflight.GlusterdPort}
	if o.Address == "" {
		return ports, nil
	}
	_, text, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, fmt.Errorf("--http-address=%s: %w", o.Address, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("--http-address=%s: the port is no number", o.Address)
	}
	return append(ports, port), nil
}

// Preflight tells whether the node can be a host of GlusterFS, and writes nothing. It returns an error that tells
// all that keeps it from that; what does not is printed.
func Preflight(ctx context.Context, options *PreflightOptions, stdout io.Writer) error {
	gatherer := options.Node.gatherer()
	gatherer.Run, gatherer.Devices = runCommand, options.Devices
	var err error
	if gatherer.Ports, err = options.ports(); err != nil {
		return err
	}
	findings, err := findOutlasting(ctx, func() ([]*preflight.Finding, error) {
		facts, err := gatherer.All(ctx)
		return preflight.Judge(facts, options.Node.asked(preflight.Names())), err
	})
	if err != nil {
		return err
	}
	var wrong []*preflight.Finding
	for _, finding := range findings {
		if finding.Advice {
			fmt.Fprintln(stdout, finding)
			continue
		}
		wrong = append(wrong, finding)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("this node cannot be a host of GlusterFS:\n%w", refusal(wrong))
	}
	fmt.Fprintln(stdout, "this node can be a host of GlusterFS")
	return nil
}

// runCommand runs a command and returns what it printed. The error has it, too, shortened.
func runCommand(ctx context.Context, name string, args ...string) (string, error) {
	output, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err == nil {
		return string(output), nil
	}
	err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	if said := strings.TrimSpace(string(output)); said != "" {
		err = fmt.Errorf("%w: %.300s", err, said)
	}
	return string(output), err
}
