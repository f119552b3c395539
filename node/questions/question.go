package questions

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// Kind is what is asked.
type Kind uint8

const (
	// Look asks whether the root of the file system can be looked at. What the kernel
	// remembers of it is no answer.
	Look Kind = iota + 1
	// Size asks how full the file system is.
	Size
)

// Question is what is asked of a file system.
type Question struct {
	Kind Kind
	// Connection is the number of the file system's device. No other one has it while
	// a question has no answer.
	Connection uint32
}

// Usage is what a file system has and what of it is used.
type Usage struct {
	// In bytes.
	Bytes, BytesUsed, BytesAvailable int64
	Inodes, InodesUsed, InodesFree   int64
}

// Answer is what a file system answers.
type Answer struct {
	// Errno is the error that it answers; 0 for none.
	Errno unix.Errno
	// Usage is the answer to Size.
	Usage Usage
}

// request is a question as it is sent, together with the open root of the file system.
type request struct {
	Number uint64
	Kind   Kind
}

// reply is the answer to the request of that number, as it is sent.
type reply struct {
	Number uint64
	Errno  uint32
	Usage  Usage
}

// packet is the form of requests and replies.
func packet(message any) []byte {
	// What has a fixed size cannot fail.
	bytes, _ := binary.Append(nil, binary.NativeEndian, message)
	return bytes
}

func (m *request) parse(packet []byte) error {
	_, err := binary.Decode(packet, binary.NativeEndian, m)
	return err
}

func (m *reply) parse(packet []byte) error {
	_, err := binary.Decode(packet, binary.NativeEndian, m)
	return err
}

// ask asks the file system whose root is open. It may never return.
func (m request) ask(root int) reply {
	a := reply{Number: m.Number}
	var err error
	switch m.Kind {
	case Look:
		var status unix.Statx_t
		err = unix.Statx(root, "", unix.AT_EMPTY_PATH|unix.AT_STATX_FORCE_SYNC, unix.STATX_BASIC_STATS, &status)
	case Size:
		a.Usage, err = size(root)
	default:
		err = unix.EINVAL
	}
	var errno unix.Errno
	if errors.As(err, &errno) {
		a.Errno = uint32(errno)
	}
	return a
}

func size(root int) (Usage, error) {
	var status unix.Statfs_t
	if err := unix.Fstatfs(root, &status); err != nil {
		return Usage{}, err
	}
	return Usage{
		Bytes:          int64(status.Blocks) * status.Frsize,
		BytesUsed:      int64(status.Blocks-status.Bfree) * status.Frsize,
		BytesAvailable: int64(status.Bavail) * status.Frsize,
		Inodes:         int64(status.Files),
		InodesUsed:     int64(status.Files - status.Ffree),
		InodesFree:     int64(status.Ffree),
	}, nil
}
