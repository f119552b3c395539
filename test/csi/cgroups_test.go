package csi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// cgroup is where a cgroup is, in each of the hierarchies that have it.
type cgroup []string

// processes is the file of the processes in a cgroup of one hierarchy.
const processes = "cgroup.procs"

// unified is the cgroup in the second version's hierarchy alone.
func (c cgroup) unified(t *testing.T) cgroup {
	t.Helper()
	only := slices.DeleteFunc(slices.Clone(c), func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, "cgroup.controllers"))
		return err != nil
	})
	if len(only) != 1 {
		t.Fatalf("of %q, %q are of the second version of cgroups", c, only)
	}
	return only
}

// add makes a cgroup below.
func (c cgroup) add(t *testing.T, name string) cgroup {
	t.Helper()
	var below cgroup
	for _, folder := range c {
		folder = filepath.Join(folder, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		below = append(below, folder)
	}
	return below
}

// run is how a command is run in the cgroup: arguments of sh. A cpuset that is empty
// takes nobody.
func (c cgroup) run(command ...string) []string {
	const enter = `for folder in $0; do echo $$ > "$folder/` + processes + `" || :; done 2> /dev/null
exec "$@"`
	return append([]string{"-c", enter, strings.Join(c, " ")}, command...)
}

// members are the processes in the cgroup, in any hierarchy. A systemd that a test starts
// removes cgroups in which there is nobody.
func (c cgroup) members() ([]int, error) {
	var members []int
	for _, folder := range c {
		text, err := os.ReadFile(filepath.Join(folder, processes))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, field := range strings.Fields(string(text)) {
			process, err := strconv.Atoi(field)
			if err != nil {
				return nil, fmt.Errorf("%s has %q", folder, field)
			}
			members = append(members, process)
		}
	}
	return members, nil
}
