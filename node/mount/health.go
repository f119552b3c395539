package mount

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/questions"
)

// ErrNotMounted is of a place where nothing is mounted.
var ErrNotMounted = errors.New("nothing is mounted there")

// Health is how a mount of GlusterFS does.
type Health string

const (
	// Alive is a mount that answers.
	Alive Health = "alive"
	// Dead is a mount whose client is gone. It will never answer again.
	Dead Health = "dead"
	// Unreachable is a mount whose client reaches none of the servers that it needs.
	// It answers again when they do.
	Unreachable Health = "unreachable"
	// Silent is a mount that has not answered in time: its servers are slow, or have
	// just gone, or its client hangs.
	Silent Health = "silent"
	// Failing is a mount that answers with an error: access to the volume is denied,
	// say, or its replicas differ.
	Failing Health = "failing"
)

// Healths are all that there are.
var Healths = []Health{Alive, Dead, Unreachable, Silent, Failing}

// Condition is how a mount does and, where it is Failing, what it answered.
type Condition struct {
	Health Health
	Answer error
}

// Probe asks what is mounted at a path how it does, and waits for its answer until the
// context ends. Clients are those of which its own may be one. The error is not the
// mount's: it is ErrNotMounted if there is none.
func (m *Mounts) Probe(ctx context.Context, path string, clients *Clients) (Condition, error) {
	_, condition, err := m.ask(ctx, questions.Look, path, clients)
	return condition, err
}

// Usage asks what is mounted at a path how full it is, and waits for its answer until the
// context ends. There is none if the mount is not Alive.
func (m *Mounts) Usage(ctx context.Context, path string, clients *Clients) (questions.Usage, Condition, error) {
	return m.ask(ctx, questions.Size, path, clients)
}

func (m *Mounts) ask(ctx context.Context, kind questions.Kind, path string, clients *Clients) (questions.Usage, Condition, error) {
	below, err := relative(m.folder, path)
	if err != nil {
		return questions.Usage{}, Condition{}, err
	}
	root, err := namespace.Do(ctx, m.namespaces, func() (*root, error) { return openRoot(m.folder, below) })
	if err != nil {
		return questions.Usage{}, Condition{}, err
	}
	defer root.file.Close()
	// What hangs is this mount. Another one that comes to be at this path is another question.
	answer, err := m.asker.Ask(ctx, questions.Question{Kind: kind, Connection: root.mount.Connection}, root.file)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return questions.Usage{}, Condition{Health: Silent}, nil
	case err != nil:
		return questions.Usage{}, Condition{}, err
	case answer.Errno == 0:
		return answer.Usage, Condition{Health: Alive}, nil
	case !isDisconnected(answer.Errno):
		return questions.Usage{}, Condition{Health: Failing, Answer: answer.Errno}, nil
	}
	// By now the context may have ended.
	served, err := m.isServed(context.WithoutCancel(ctx), root.mount, clients)
	if err != nil {
		return questions.Usage{}, Condition{}, err
	}
	if served {
		return questions.Usage{}, Condition{Health: Unreachable}, nil
	}
	return questions.Usage{}, Condition{Health: Dead}, nil
}

// isServed tells whether the client of a mount still runs. A client that has lost its
// servers gives the same answers as the kernel gives in the place of one that is gone, so
// they do not tell.
func (m *Mounts) isServed(ctx context.Context, mount Mount, clients *Clients) (bool, error) {
	all, err := clients.all()
	if err != nil {
		return false, err
	}
	mounts, err := m.All(ctx, "")
	if err != nil {
		return false, err
	}
	return serves(all, mount, mounts), nil
}

// isDisconnected tells whether an error is that of a mount whose client is gone, or is
// just going.
func isDisconnected(err error) bool {
	return errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.ECONNABORTED)
}

// Explain says what it means for what is at a path.
func (c Condition) Explain(path string) string {
	switch c.Health {
	case Alive:
		return "the mount answers"
	case Dead:
		return "the GlusterFS client of " + path + " is gone; the volume is mounted again for the next pod, and this pod has to be made again"
	case Unreachable:
		return "the GlusterFS client of " + path + " reaches none of the servers that it needs; it goes on by itself when it does"
	case Silent:
		return "the mount " + path + " does not answer: GlusterFS servers are slow or have just gone, or the client hangs"
	case Failing:
		return fmt.Sprintf("the mount %s answers with an error: %v; the log of its client and the volume's bricks tell more", path, c.Answer)
	}
	return ""
}
