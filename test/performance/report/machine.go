package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Header says where and when something was measured, and what.
type Header struct {
	Machine Machine
	Begun   time.Time
	Took    time.Duration
}

// Machine is what a measurement depends on, and the commit that was measured.
type Machine struct {
	CPU, Kernel, Go, Commit string
	Cores                   int
	// Memory is in bytes.
	Memory int64
}

// ThisMachine describes this machine and the working directory's commit.
func ThisMachine(ctx context.Context) (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, err
	}
	m.CPU = firstMatch(`(?m)^model name\s*: (.*)$`, info)
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return m, err
	}
	kibibytes, err := strconv.ParseInt(firstMatch(`(?m)^MemTotal:\s*(\d+) kB$`, memory), 10, 64)
	if err != nil {
		return m, fmt.Errorf("/proc/meminfo: %w", err)
	}
	m.Memory = kibibytes * 1024
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return m, err
	}
	m.Kernel = strings.TrimSpace(string(kernel))
	m.Commit, err = commit(ctx)
	return m, err
}

// commit is the commit's id, and whether the tree differs from it.
func commit(ctx context.Context) (string, error) {
	described, err := exec.CommandContext(ctx, "git", "describe", "--always", "--abbrev=12", "--dirty=, changed", "--exclude=*").Output()
	if err != nil {
		return "", fmt.Errorf("git describe: %w", err)
	}
	return strings.TrimSpace(string(described)), nil
}

// firstMatch returns what the expression's group matches first.
func firstMatch(expression string, text []byte) string {
	if found := regexp.MustCompile(expression).FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return "unknown"
}

// String returns it as a paragraph.
func (h Header) String() string {
	m := h.Machine
	return fmt.Sprintf("Measured at commit %s on %s, in %v: %d cores of %s, %d GiB of memory, Linux %s, %s.\n",
		m.Commit, h.Begun.Format(time.DateOnly), h.Took.Round(time.Minute), m.Cores, m.CPU, m.Memory>>30, m.Kernel, m.Go)
}
