package usage

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat's times: USER_HZ, which is 100 per second
// on every architecture that Go runs on (proc(5), sysconf(3)).
const tick = time.Second / 100

// Usage is what a process has cost.
type Usage struct {
	// CPU is the time of all its threads, in user and in kernel mode.
	CPU time.Duration
	// Resident is the memory that it holds now, Peak the most that it ever
	// held, in bytes.
	Resident, Peak int64
}

// Of returns what the process of that id has cost since its start. It is an
// error if the process has ended.
func Of(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	cpu, err := cpuOf(stat)
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Usage{}, err
	}
	resident, err := kibibytes(status, "VmRSS")
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	peak, err := kibibytes(status, "VmHWM")
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	return Usage{CPU: cpu, Resident: resident, Peak: peak}, nil
}

// cpuOf adds the fields utime and stime, the 14th and the 15th. The second is the
// program's name in parentheses, which may hold some itself.
func cpuOf(stat []byte) (time.Duration, error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:]))
	if end < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("it has too few fields: %q", stat)
	}
	var sum time.Duration
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ticks) * tick
	}
	return sum, nil
}

// kibibytes returns a field of a status, which is in KiB, in bytes.
func kibibytes(status []byte, name string) (int64, error) {
	for line := range strings.Lines(string(status)) {
		value, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		size, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		return size * 1024, err
	}
	return 0, fmt.Errorf("it has no %s", name)
}
