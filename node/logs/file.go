package logs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"golang.org/x/sys/unix"
)

// rest is the part of a log that stays at its beginning and at its end, when it is made
// shorter: a quarter each.
const rest = 4

// shortened stands where something was taken out.
const shortened = "[...] the node plugin has removed what was here: the log had %d bytes, see --client-log-size\n"

// shorten takes the middle out of a log that has more bytes than it may. The client goes on
// writing at its end, wherever that is. What it writes in this moment may be lost.
func shorten(path string, size int64) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot make the log of a client shorter: %w", err)
		}
	}()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|unix.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() <= size {
		return err
	}
	begin, end := make([]byte, size/rest), make([]byte, size/rest)
	if _, err := file.ReadAt(begin, 0); err != nil {
		return err
	}
	if _, err := file.ReadAt(end, info.Size()-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	begin, end = begin[:bytes.LastIndexByte(begin, '\n')+1], end[bytes.IndexByte(end, '\n')+1:]
	if err := file.Truncate(int64(len(begin))); err != nil {
		return err
	}
	_, err = file.Write(append(fmt.Appendf(nil, shortened, info.Size()), end...))
	return err
}

// failure is a line of a log that tells of an error, or of a crash.
var failure = regexp.MustCompile(`^(\[[^\]]*\] [ECAM] |signal received: )`)

// tellsOfFailure tells whether a log says why something failed. One that is not there does
// not.
func tellsOfFailure(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	reader := bufio.NewReader(file)
	for {
		// The beginning of a long line suffices.
		line, err := reader.ReadSlice('\n')
		if failure.Match(line) {
			return true, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false, ignoreEnd(err)
		}
	}
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
