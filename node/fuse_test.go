package node

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// fuseProgram is what the kernel calls GlusterFS clients.
const fuseProgram = "glusterfs"

// How a client answers the kernel. Any other text is the errno of its answers.
const (
	well = ""
	// never is of a client that reads what it is asked, and does not answer.
	never = "never"
)

// fuseClient is a process that serves a mount.
type fuseClient struct {
	command *exec.Cmd
	stdin   io.WriteCloser
}

// startFUSEClient mounts where the thread that it is called on has its mounts.
func startFUSEClient(dir, source string, flags uintptr, answers, target string) (*fuseClient, error) {
	path := filepath.Join(dir, fuseProgram)
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.Symlink(program, path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	command := exec.Command(path, source, strconv.FormatUint(uint64(flags), 10), target) //nolint:noctx // it is killed by the test
	// Where races are looked for, a process takes a second to end.
	command.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return nil, err
	}
	client := &fuseClient{command: command, stdin: stdin}
	client.answer(answers)
	if said, err := bufio.NewReader(stdout).ReadString('\n'); said != "mounted\n" {
		client.kill()
		return nil, fmt.Errorf("the client said %q, %w", said, err)
	}
	return client, nil
}

// answer has the client answer in another way from now on.
func (c *fuseClient) answer(answers string) { _, _ = io.WriteString(c.stdin, answers+"\n") }

func (c *fuseClient) pid() int { return c.command.Process.Pid }

// stop has the client do nothing at all, as one does that hangs.
func (c *fuseClient) stop() error { return unix.Kill(c.pid(), unix.SIGSTOP) }

func (c *fuseClient) kill() {
	_ = c.command.Process.Kill()
	_ = c.command.Wait()
	_ = c.stdin.Close()
}

// What the kernel asks, see include/uapi/linux/fuse.h.
const (
	opForget      = 2
	opGetattr     = 3
	opStatfs      = 17
	opInit        = 26
	opInterrupt   = 36
	opDestroy     = 38
	opBatchForget = 42
)

// serveFUSE mounts a source with flags on a target and serves it, until it is unmounted
// or the parent ends.
func serveFUSE(arguments []string) int {
	flags, err := strconv.ParseUint(arguments[1], 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	stdin := bufio.NewReader(os.Stdin)
	var answers atomic.Value
	first, _ := stdin.ReadString('\n')
	answers.Store(strings.TrimSpace(first))
	device, err := mountFUSE(arguments[0], uintptr(flags), arguments[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		for {
			line, err := stdin.ReadString('\n')
			if err != nil {
				os.Exit(0)
			}
			answers.Store(strings.TrimSpace(line))
		}
	}()
	// The kernel asks for the version first.
	fmt.Println("mounted")
	serve(device, func() string { return answers.Load().(string) })
	return 0
}

func mountFUSE(source string, flags uintptr, target string) (*os.File, error) {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd)
	if err := unix.Mount(source, target, "fuse.glusterfs", flags, options); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "/dev/fuse"), nil
}

// serve answers the kernel until the device is closed or what it serves is unmounted.
func serve(device *os.File, answers func() string) {
	request := make([]byte, 128<<10)
	for {
		n, err := device.Read(request)
		if err != nil || n < 40 {
			return
		}
		operation := binary.NativeEndian.Uint32(request[4:])
		if operation == opForget || operation == opBatchForget || operation == opInterrupt {
			continue
		}
		body, errno := answerTo(operation)
		if how := answers(); operation != opInit && how != well {
			number, err := strconv.Atoi(how)
			if err != nil {
				continue
			}
			body, errno = nil, unix.Errno(number)
		}
		answer := make([]byte, 16, 16+len(body))
		binary.NativeEndian.PutUint32(answer, uint32(16+len(body)))
		binary.NativeEndian.PutUint32(answer[4:], uint32(-int32(errno)))
		copy(answer[8:], request[8:16])
		if _, err := device.Write(append(answer, body...)); err != nil && !errors.Is(err, unix.ENOENT) {
			return
		}
	}
}

// answerTo is what an empty folder answers.
func answerTo(operation uint32) (body []byte, errno unix.Errno) {
	switch operation {
	case opInit:
		body = make([]byte, 64)
		binary.NativeEndian.PutUint32(body, 7)
		binary.NativeEndian.PutUint32(body[4:], 31)
		binary.NativeEndian.PutUint32(body[20:], 64<<10)
	case opGetattr:
		body = make([]byte, 104)
		binary.NativeEndian.PutUint64(body[16:], 1)
		binary.NativeEndian.PutUint32(body[76:], unix.S_IFDIR|0o755)
		binary.NativeEndian.PutUint32(body[80:], 2)
	case opStatfs:
		body = make([]byte, 80)
	case opDestroy:
	default:
		errno = unix.ENOSYS
	}
	return body, errno
}
