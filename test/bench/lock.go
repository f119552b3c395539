package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockFile takes the file's lock and returns the function that gives it back.
// The lock also ends with the process that holds it. Waiting is told on log.
func lockFile(ctx context.Context, path string, log io.Writer) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock: %w", err)
	}
	err = tryLock(file)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		fmt.Fprintf(log, "bench: waiting for another process that holds %s\n", path)
		err = Until(ctx, buildBound, func(context.Context) error { return tryLock(file) })
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", path, err), file.Close())
	}
	return file.Close, nil
}

func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
