package logs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"glusterfs-provisioner/node/namespace"
)

const (
	// kept is how many volumes that no client serves any more have a log.
	kept = 50
	// fresh is how long a log is left alone that no client writes to: a volume is being
	// mounted, or its error is being read.
	fresh = 10 * time.Minute
)

// Logs are the logs of clients in a folder.
type Logs struct {
	namespaces *namespace.Set
	folder     string
	// size is how many bytes a log may have.
	size int64
}

// New returns the logs in a folder that is seen in the namespaces. None is to have more bytes
// than size.
func New(namespaces *namespace.Set, folder string, size int64) *Logs {
	return &Logs{namespaces: namespaces, folder: folder, size: size}
}

// name is that of a volume's log, and of what logrotate makes of it.
var name = regexp.MustCompile(`^(csi-[0-9a-f]+-[0-9a-f]+\.log)([.-].*)?$`)

// Name is the file name of a volume's log, by heketi's ids of the cluster and the volume.
// logrotate, as GlusterFS's packages set it up, looks after files that end so.
func Name(cluster, volume string) string { return "csi-" + cluster + "-" + volume + ".log" }

// volumeLog is the log of a volume.
type volumeLog struct {
	path string
	// rotated are older parts of it.
	rotated []string
	// written is when the last of them was written to.
	written time.Time
}

// Keep has Tidy leave a log alone, which need not be there, until a client has it that is about
// to be started. Otherwise it could be removed when that client has opened it.
func Keep(path string) error {
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot keep the log of a client: %w", err)
	}
	return nil
}

// Tidy makes logs shorter that are too long. Of volumes that no client serves any more, it
// removes logs without an error, and if there are still many, the oldest ones.
func (l *Logs) Tidy(ctx context.Context) error {
	_, err := namespace.Do(ctx, l.namespaces, func() (struct{}, error) { return struct{}{}, l.tidy(time.Now()) })
	return err
}

func (l *Logs) tidy(now time.Time) error {
	all, err := l.list()
	if err != nil {
		return err
	}
	used, err := inUse()
	if err != nil {
		return err
	}
	var problems []error
	var left []volumeLog
	for _, log := range all {
		if err := shorten(log.path, l.size); err != nil {
			problems = append(problems, err)
		}
		if used[log.path] || now.Sub(log.written) < fresh {
			continue
		}
		failed, err := tellsOfFailure(log.path)
		switch {
		case err != nil:
			problems = append(problems, err)
		case failed:
			left = append(left, log)
		default:
			problems = append(problems, log.remove())
		}
	}
	slices.SortFunc(left, func(a, b volumeLog) int { return b.written.Compare(a.written) })
	for _, log := range left[min(kept, len(left)):] {
		problems = append(problems, log.remove())
	}
	return errors.Join(problems...)
}

// list returns the logs in the folder, which need not be there.
func (l *Logs) list() ([]volumeLog, error) {
	entries, err := os.ReadDir(l.folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the logs of clients: %w", err)
	}
	logs := map[string]volumeLog{}
	for _, entry := range entries {
		match := name.FindStringSubmatch(entry.Name())
		// What is gone by now needs nothing, and a link may lead anywhere.
		info, err := entry.Info()
		if match == nil || err != nil || !info.Mode().IsRegular() {
			continue
		}
		log := logs[match[1]]
		log.path = filepath.Join(l.folder, match[1])
		if match[2] != "" {
			log.rotated = append(log.rotated, filepath.Join(l.folder, entry.Name()))
		}
		if info.ModTime().After(log.written) {
			log.written = info.ModTime()
		}
		logs[match[1]] = log
	}
	var all []volumeLog
	for _, log := range logs {
		all = append(all, log)
	}
	return all, nil
}

func (v volumeLog) remove() error {
	var problems []error
	for _, path := range append(v.rotated, v.path) {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			problems = append(problems, fmt.Errorf("cannot remove the log of a client: %w", err))
		}
	}
	return errors.Join(problems...)
}

// inUse are the logs of the clients that the thread sees.
func inUse() (map[string]bool, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("cannot list the clients: %w", err)
	}
	used := map[string]bool{}
	for _, entry := range entries {
		// The command line of a process that hangs may not be readable, its name is.
		process := filepath.Join("/proc", entry.Name())
		if name, err := os.ReadFile(filepath.Join(process, "comm")); err != nil || !strings.HasPrefix(string(name), "gluster") {
			continue
		}
		// One that has ended by now uses none.
		line, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		for argument := range strings.SplitSeq(string(line), "\x00") {
			if path, found := strings.CutPrefix(argument, "--log-file="); found {
				used[path] = true
			}
		}
	}
	return used, nil
}
