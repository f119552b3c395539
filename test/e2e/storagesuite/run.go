package storagesuite

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"glusterfs-provisioner/test/bench"
)

// ClassName is the StorageClass whose copies the suite uses. It has to be there.
const ClassName = "storage-suite"

//go:embed driver.yaml
var driver []byte

// Options say what to run, and where.
type Options struct {
	Binaries bench.StorageSuiteBinaries
	// Kubeconfig is of an administrator of the cluster.
	Kubeconfig string
	// SSHKey is the file of a private key with which root gets in to nodes, where
	// systemctl stops and starts kubelet.
	SSHKey string
	// Disrupt is called before the specs that stop kubelets. From then on, only nodes that
	// SSHKey lets in may take pods.
	Disrupt func(context.Context) error
	// Folder is where what the suite prints and its report go.
	Folder string
	// Specs finds the specs to run by their names. The rules leave out some of them.
	Specs *regexp.Regexp
	// SideBySide is how many are run at once.
	SideBySide int
	// Bound is how long those may take that are run side by side, and as long the others.
	Bound time.Duration
}

// Run runs specs of the suite. The error tells each that failed, and each that neither ran
// nor is left out by a rule.
func Run(ctx context.Context, options Options) (Summary, error) {
	description := filepath.Join(options.Folder, "driver.yaml")
	if err := os.WriteFile(description, driver, 0o600); err != nil {
		return Summary{}, err
	}
	var specs []spec
	var runErr error
	for _, part := range parts {
		if part.alone {
			if err := options.Disrupt(ctx); err != nil {
				return Summary{}, err
			}
		}
		runErr = errors.Join(runErr, options.run(ctx, part, description))
		reported, err := readReport(filepath.Join(options.Folder, part.report()))
		if err != nil {
			return Summary{}, errors.Join(err, runErr)
		}
		specs = append(specs, reported...)
	}
	summary, err := judge(specs, options.Specs, leftOut)
	if err == nil && runErr != nil {
		err = fmt.Errorf("all specs passed, but not the suite: %w", runErr)
	}
	return summary, err
}

// part is a part of the specs, which is run for itself.
type part struct {
	name string
	// labels are those of its specs, as ginkgo wants them.
	labels string
	// alone has its specs run one at a time.
	alone bool
}

// parts are all. Those of the second one stop kubelet, and others with it.
var parts = []part{
	{name: "side-by-side", labels: "!Disruptive"},
	{name: "disruptive", labels: "Disruptive", alone: true},
}

// report is the name of ginkgo's report.
func (p part) report() string { return p.name + ".json" }

// run runs a part to its end.
func (o Options) run(ctx context.Context, part part, description string) error {
	process, err := bench.StartProcess(ctx, bench.ProcessOptions{
		Path: o.Binaries.Ginkgo,
		Args: o.arguments(part, description),
		Env:  append(os.Environ(), "KUBE_SSH_USER=root", "KUBE_SSH_KEY="+o.SSHKey),
		Log:  filepath.Join(o.Folder, part.name+".log"),
	})
	if err != nil {
		return err
	}
	code, err := process.Wait(ctx)
	if err != nil {
		return errors.Join(err, process.Stop())
	}
	if code != 0 {
		return fmt.Errorf("%s ends with exit status %d", process, code)
	}
	return nil
}

func (o Options) arguments(part part, description string) []string {
	atOnce := o.SideBySide
	if part.alone {
		atOnce = 1
	}
	args := []string{
		"--procs=" + strconv.Itoa(atOnce), "--no-color", "--timeout=" + o.Bound.String(), "-v",
		"--output-dir=" + o.Folder, "--json-report=" + part.report(),
		"--focus=" + regexp.QuoteMeta(suiteName) + ".*(?:" + o.Specs.String() + ")", "--label-filter=" + part.labels,
	}
	if len(leftOut) > 0 {
		args = append(args, "--skip="+skip(leftOut))
	}
	return append(args, o.Binaries.Tests, "--",
		"--kubeconfig="+o.Kubeconfig, "--storage.testdriver="+description, "--provider=skeleton",
	)
}
