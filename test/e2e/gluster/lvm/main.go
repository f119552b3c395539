// Command lvm stands in for LVM, which needs a device-mapper in the kernel, and
// whose volumes would belong to the whole machine: its volume groups are rows in a
// file, its thin volumes sparse files that links in /dev/mapper lead to. It knows what heketi's ssh executor asks of LVM, and
// takes the arguments that heketi gives the program in its setting lvm_wrapper:
//
//	lvm --root=FOLDER /usr/sbin/lvm VERB ARGUMENTS...
//
// What is mounted from these volumes has the size that was asked for; that a thin
// pool fills up, and its metadata, are not imitated.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, " ", err)
		os.Exit(5) // LVM's own status for a command that failed
	}
}

func run(arguments []string, out io.Writer) error {
	flags := pflag.NewFlagSet("lvm", pflag.ContinueOnError)
	flags.SetInterspersed(false)
	root := flags.String("root", "", "folder of the volumes")
	devices := flags.String("mapper", "/dev/mapper", "folder of the links to the volumes")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *root == "" || flags.NArg() < 2 {
		return errors.New("usage: lvm --root=FOLDER /usr/sbin/lvm VERB ARGUMENTS...")
	}
	// heketi also has udevadm wrapped. It goes on if that fails.
	if program := filepath.Base(flags.Arg(0)); program != "lvm" {
		return fmt.Errorf("%s is not imitated", program)
	}
	locked, err := lock(*root)
	if err != nil {
		return err
	}
	defer locked.Close()
	s, err := load(*root, *devices)
	if err != nil {
		return err
	}
	return s.do(flags.Arg(1), flags.Args()[2:], out)
}
