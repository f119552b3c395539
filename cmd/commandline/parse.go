package commandline

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/version"
)

// Command is a command.
type Command struct {
	// Name is its name.
	Name string
	// Usage is printed before the flags when help is asked for. It ends in a line
	// break.
	Usage string
}

// Parse sets the flags from the arguments, and returns those that are no flags. It
// returns done as true when all that was asked for has been printed.
func (c Command) Parse(groups cliflag.NamedFlagSets, arguments []string, stdout io.Writer) (rest []string, done bool, err error) {
	all := pflag.NewFlagSet(c.Name, pflag.ContinueOnError)
	all.Usage = func() {}
	all.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	showVersion := groups.FlagSet("global").Bool("version", false, "Print the version and exit.")
	for _, group := range groups.FlagSets {
		all.AddFlagSet(group)
	}
	switch err := all.Parse(arguments); {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprint(stdout, c.Usage)
		cliflag.PrintSections(stdout, groups, 0)
		return nil, true, nil
	case err != nil:
		return nil, false, err
	case *showVersion:
		v := version.Get()
		fmt.Fprintf(stdout, "%s %s (commit %s, %s, %s)\n", c.Name, v.GitVersion, v.GitCommit, v.GoVersion, v.Platform)
		return nil, true, nil
	}
	return all.Args(), false, nil
}
