package namespace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// Kind is a kind of namespace.
type Kind struct {
	// file is its name in /proc/PID/ns.
	file string
	flag int
}

// The kinds that are of use here.
var (
	Network = Kind{"net", unix.CLONE_NEWNET}
	Names   = Kind{"uts", unix.CLONE_NEWUTS}
	Cgroups = Kind{"cgroup", unix.CLONE_NEWCGROUP}
	Mounts  = Kind{"mnt", unix.CLONE_NEWNS}
)

// Set is a set of namespaces, which are kept alive.
type Set struct {
	files []*os.File
	flags []int
	// running counts the functions that run, also those that nobody waits for any
	// more.
	running atomic.Int64
}

// Of returns namespaces of a process; of the kinds that are not given, functions run
// in those of this process. Kinds that the kernel does not know are left out.
func Of(pid int, kinds ...Kind) (*Set, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "ns")
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("cannot find the namespaces of process %d: %w", pid, err)
	}
	s := &Set{}
	for _, kind := range kinds {
		file, err := os.Open(filepath.Join(dir, kind.file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cannot open a namespace of process %d: %w", pid, err), s.Close())
		}
		s.files = append(s.files, file)
		s.flags = append(s.flags, kind.flag)
	}
	return s, nil
}

// Close lets the namespaces go.
func (s *Set) Close() error {
	var errs []error
	for _, file := range s.files {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// Running is how many functions run, also those that nobody waits for any more.
func (s *Set) Running() int { return int(s.running.Load()) }

// Do runs a function in the namespaces and waits for it until the context ends. The
// function is then left to itself, so what it returns is all that it may share. If it
// panics, that is returned as an error. Its
// goroutine has a thread to itself, whose working directory it may change, and
// which programs that it starts inherit. /proc/thread-self, not /proc/self, shows
// what the thread sees.
func Do[T any](ctx context.Context, s *Set, function func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	done := make(chan outcome, 1)
	s.running.Add(1)
	go onThread(func() {
		defer s.running.Add(-1)
		if err := s.enter(); err != nil {
			done <- outcome{err: err}
			return
		}
		value, err := orPanic(function)
		done <- outcome{value: value, err: err}
	})
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// orPanic runs a function, and returns its panic as an error: nobody else could take it on a
// goroutine of its own.
func orPanic[T any](function func() (T, error)) (value T, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			klog.ErrorS(nil, "A function panicked", "reason", reason, "stack", string(debug.Stack()))
			err = fmt.Errorf("the node plugin has a defect, which its log tells of: %v", reason)
		}
	}()
	return function()
}

// onThread runs a function on a thread that ends with it, and that is not the first
// one, whose namespaces are those that others see this process in.
func onThread(function func()) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// While this goroutine holds the first thread, another one is elsewhere.
		defer runtime.UnlockOSThread()
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread()
			function()
		}()
		<-done
		return
	}
	// The thread is not unlocked, so it ends with the goroutine.
	function()
}

// enter enters the namespaces, with the thread that it is called on.
func (s *Set) enter() error {
	// The kernel lets a thread enter mounts only if it has a root and a working
	// directory to itself.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("cannot give a thread its own working directory: %w", err)
	}
	for i, file := range s.files {
		if err := unix.Setns(int(file.Fd()), s.flags[i]); err != nil {
			return fmt.Errorf("cannot enter the namespace %s: %w", file.Name(), err)
		}
	}
	return nil
}
