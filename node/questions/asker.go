package questions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// ErrProcessEnded is of a question whose process ended before the answer came.
var ErrProcessEnded = errors.New("the process that asks file systems has ended")

// Asker asks file systems. It is safe for concurrent use.
type Asker struct {
	// start starts a command where its process may stay for ever.
	start func(ctx context.Context, command *exec.Cmd) error

	mu sync.Mutex
	// process is what asks at present; nil if there is none.
	process *process
	number  uint64
}

// process is one that asks.
type process struct {
	connection *net.UnixConn
	// asked are the questions without an answer, by themselves and by their numbers.
	asked    map[Question]*pending
	byNumber map[uint64]Question
}

// pending is a question without an answer.
type pending struct {
	done   chan struct{}
	answer Answer
	err    error
}

// New returns an asker whose process is started when it is needed, by a function that
// starts a command. That process has to be outside of all that is ended together with
// this one, such as a container.
func New(start func(ctx context.Context, command *exec.Cmd) error) *Asker {
	return &Asker{start: start}
}

// Ask asks the file system whose root is open, and waits for its answer until the context
// ends. If it was asked the same before and has not answered yet, it is not asked again,
// and that answer is waited for.
func (a *Asker) Ask(ctx context.Context, question Question, root *os.File) (Answer, error) {
	asked, err := a.send(ctx, question, root)
	if err != nil {
		return Answer{}, err
	}
	select {
	case <-asked.done:
		return asked.answer, asked.err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// Pending is how many questions have no answer yet.
func (a *Asker) Pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.process == nil {
		return 0
	}
	return len(a.process.asked)
}

// Close lets the process that asks end, as soon as it can.
func (a *Asker) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(a.process)
}

func (a *Asker) send(ctx context.Context, question Question, root *os.File) (*pending, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.process == nil {
		started, err := a.startProcess(ctx)
		if err != nil {
			return nil, fmt.Errorf("cannot start the process that asks file systems: %w", err)
		}
		a.process = started
		go a.receive(started)
	}
	p := a.process
	if asked := p.asked[question]; asked != nil {
		return asked, nil
	}
	a.number++
	message := packet(request{Number: a.number, Kind: question.Kind})
	if _, _, err := p.connection.WriteMsgUnix(message, unix.UnixRights(int(root.Fd())), nil); err != nil {
		a.drop(p)
		return nil, fmt.Errorf("%w: %w", ErrProcessEnded, err)
	}
	asked := &pending{done: make(chan struct{})}
	p.asked[question], p.byNumber[a.number] = asked, question
	return asked, nil
}

// startProcess starts this program once more.
func (a *Asker) startProcess(ctx context.Context) (*process, error) {
	sockets, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(sockets[1]), "socket")
	defer theirs.Close()
	connection, err := connectionOf(os.NewFile(uintptr(sockets[0]), "socket"))
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe", Argument)
	// People who list processes find its program, and scripts do not take it for this one.
	command.Args[0] = filepath.Base(os.Args[0])
	command.Dir = "/"
	command.ExtraFiles = []*os.File{theirs}
	// Signals for the group of this process are not for that one.
	command.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	if err := a.start(ctx, command); err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	go func() { _ = command.Wait() }()
	return &process{connection: connection, asked: map[Question]*pending{}, byNumber: map[uint64]Question{}}, nil
}

// receive takes answers until the process ends.
func (a *Asker) receive(p *process) {
	message := make([]byte, messageBytes)
	for {
		n, err := p.connection.Read(message)
		var got reply
		if err == nil {
			err = got.parse(message[:n])
		}
		a.mu.Lock()
		if err != nil {
			a.drop(p)
			a.mu.Unlock()
			return
		}
		question := p.byNumber[got.Number]
		if asked := p.asked[question]; asked != nil {
			delete(p.asked, question)
			delete(p.byNumber, got.Number)
			asked.answer = Answer{Errno: unix.Errno(got.Errno), Usage: got.Usage}
			close(asked.done)
		}
		a.mu.Unlock()
	}
}

// drop gives up a process. Who waits for its answers is told.
func (a *Asker) drop(p *process) {
	if p == nil {
		return
	}
	_ = p.connection.Close()
	for _, asked := range p.asked {
		asked.err = ErrProcessEnded
		close(asked.done)
	}
	clear(p.asked)
	clear(p.byNumber)
	if a.process == p {
		a.process = nil
	}
}
