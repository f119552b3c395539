package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	v1 "k8s.io/api/core/v1"
	cliflag "k8s.io/component-base/cli/flag"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/provisioner/rebuild"
)

// rebuildCommand is the argument that asks for a database to be made again.
const rebuildCommand = "rebuild"

var rebuildLine = commandline.Command{
	Name: name + " " + rebuildCommand,
	Usage: name + ` rebuild makes a lost database of heketi again, from what a script has printed on each
storage host and from the PersistentVolumes. It reads files and writes one, and asks nobody.

Usage:
  ` + name + ` rebuild --script > collect.sh
  ssh root@HOST sh -s < collect.sh > HOST.txt
  kubectl get pv -o yaml > volumes.yaml
  ` + name + ` rebuild --volumes=volumes.yaml --output=rebuilt.json HOST.txt...
  heketi db import --jsonfile=rebuilt.json --dbfile=heketi.db

Each file is named as heketi reaches the host, with .txt behind. Exit status 0 if the database was
written, 1 if something contradicts or fails, and then nothing is written. docs/rebuilding.md tells
the whole way.
`,
}

// rebuildOptions is what the arguments of the command rebuild set.
type rebuildOptions struct {
	// Volumes and Topology are files that are read, Output the one that is written, and Hosts those of the hosts.
	Volumes, Topology, Output string
	Hosts                     []string
	Script, LeaveOut, DryRun  bool
}

func (o *rebuildOptions) flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("rebuild")
	fs.BoolVar(&o.Script, "script", false, "Print the script that is to be run on each storage host, and end.")
	fs.StringVar(&o.Volumes, "volumes", "", "File with all PersistentVolumes, as \"kubectl get pv -o yaml\" prints them.")
	fs.StringVar(&o.Topology, "topology", "", "File with the topology that heketi once loaded, or with what \"kubectl get glusterclusters -o yaml\" prints, for zones, tags and the names of devices; empty if there is none.")
	fs.StringVar(&o.Output, "output", "", "File to write the database to, for \"heketi db import\". It must not exist.")
	fs.BoolVar(&o.LeaveOut, "leave-out", false, "Write the database although something contradicts. What contradicts is not in it.")
	fs.BoolVar(&o.DryRun, "dry-run", false, "Only tell what would be written, and write nothing. --output may be left out then.")
	return groups
}

// validate returns all that is wrong with the options, each with its remedy.
func (o *rebuildOptions) validate() error {
	if o.Script {
		return nil
	}
	var problems []error
	if o.Volumes == "" {
		problems = append(problems, errors.New("--volumes is not set; name the file that \"kubectl get pv -o yaml\" printed"))
	}
	if len(o.Hosts) == 0 {
		problems = append(problems, errors.New("no files of storage hosts; name those that the script of --script printed, one for each host"))
	}
	if o.Output == "" && !o.DryRun {
		problems = append(problems, errors.New("--output is not set; name a new file for the database, or set --dry-run"))
	}
	return errors.Join(problems...)
}

// rebuildMain is Main for the command rebuild.
func rebuildMain(args []string, stdout, stderr io.Writer) int {
	var options rebuildOptions
	rest, done, err := rebuildLine.Parse(options.flags(), args, stdout)
	if done {
		return exitOK
	}
	if err == nil {
		options.Hosts = rest
		err = options.validate()
	}
	if err != nil {
		return usageError(stderr, rebuildLine.Name, err)
	}
	if options.Script {
		fmt.Fprint(stdout, rebuild.Script)
		return exitOK
	}
	if err := runRebuild(options, stdout); err != nil {
		return wroteNothing(stderr, err)
	}
	return exitOK
}

// runRebuild makes the database, and prints what was found. An error may have several lines; nothing is
// written then.
func runRebuild(options rebuildOptions, stdout io.Writer) error {
	if err := checkNew(options.Output); err != nil {
		return err
	}
	sources, err := readSources(options)
	if err != nil {
		return err
	}
	result, err := rebuild.Rebuild(sources)
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, result)
	if count := len(result.Contradictions); count > 0 && !options.LeaveOut {
		return fmt.Errorf("%d contradictions; settle them as they say, and run this again, or have the database without what they are about: --leave-out", count)
	}
	if options.DryRun {
		fmt.Fprintln(stdout, "dry run: nothing was written")
		return nil
	}
	if err := writeNew(options.Output, result.Database); err != nil {
		return fmt.Errorf("--output=%s: %w", options.Output, err)
	}
	fmt.Fprintf(stdout, "written: %s; make a database of it with: heketi db import --jsonfile=%s --dbfile=heketi.db\n", options.Output, options.Output)
	return nil
}

// readSources reads all files, and tells of all that cannot be read.
func readSources(options rebuildOptions) (rebuild.Sources, error) {
	var sources rebuild.Sources
	var problems []error
	for _, file := range options.Hosts {
		host, err := readHost(file)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
			continue
		}
		sources.Hosts = append(sources.Hosts, host)
	}
	var err error
	if sources.PersistentVolumes, err = readPersistentVolumes(options.Volumes); err != nil {
		problems = append(problems, fmt.Errorf("--volumes=%s: %w", options.Volumes, err))
	}
	if options.Topology != "" {
		text, err := os.ReadFile(options.Topology)
		if err == nil {
			sources.Topology, err = rebuild.ParseTopology(text)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("--topology=%s: %w", options.Topology, err))
		}
	}
	return sources, errors.Join(problems...)
}

func readHost(file string) (*rebuild.Host, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return rebuild.ParseHost(strings.TrimSuffix(filepath.Base(file), ".txt"), text)
}

// readPersistentVolumes reads a list of kubectl's, in YAML or JSON.
func readPersistentVolumes(file string) ([]v1.PersistentVolume, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list v1.PersistentVolumeList
	if err := yaml.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	if list.Kind != "List" && list.Kind != "PersistentVolumeList" {
		return nil, fmt.Errorf("it has the kind %q, want a List, as \"kubectl get pv -o yaml\" prints", list.Kind)
	}
	for _, pv := range list.Items {
		if pv.Kind != "PersistentVolume" && list.Kind == "List" {
			return nil, fmt.Errorf("it has an object of the kind %q; print PersistentVolumes alone: kubectl get pv -o yaml", pv.Kind)
		}
	}
	return list.Items, nil
}
