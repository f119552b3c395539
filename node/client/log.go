package client

import (
	"bytes"
	"io"
	"os"
)

// logBytes is how much of what a client has written is read at its beginning, where the
// cause is, and at its end.
const logBytes = 64 << 10

// log is the log of a client, from where it ended when it was opened.
type log struct {
	path  string
	start int64
}

// openLog notes how long a log is, which need not be there.
func openLog(path string) log {
	l := log{path: path}
	if info, err := os.Stat(path); err == nil {
		l.start = info.Size()
	}
	return l
}

// read returns what was written since, without the middle of what is long. What cannot be
// read is taken for empty: the reason that it would explain is told in any case.
func (l log) read() []byte {
	file, err := os.Open(l.path)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	// A file that has become shorter was rotated.
	start, end := l.start, info.Size()
	if start > end {
		start = 0
	}
	if end-start <= 2*logBytes {
		return section(file, start, end)
	}
	beginning, rest := section(file, start, start+logBytes), section(file, end-logBytes, end)
	return append(beginning[:bytes.LastIndexByte(beginning, '\n')+1], rest[bytes.IndexByte(rest, '\n')+1:]...)
}

func section(file *os.File, start, end int64) []byte {
	text, err := io.ReadAll(io.NewSectionReader(file, start, end-start))
	if err != nil {
		return nil
	}
	return text
}
