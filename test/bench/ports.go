package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// Ports are taken from below 32768, where Linux begins to number outgoing
// connections: one of those could take a server's port while the server is
// restarted.
const (
	firstPort = 20000
	lastPort  = 29999
)

// portAttempts is how often ports are tried before giving up.
const portAttempts = 100

// port is a TCP port that no other bench takes, not even while its server is
// down.
type port struct {
	number      int
	reservation net.Listener
}

// reservePort finds a free port.
func reservePort(ctx context.Context) (*port, error) {
	var problems []error
	for range portAttempts {
		port, err := tryPort(ctx, firstPort+rand.N(lastPort-firstPort+1))
		if err == nil {
			return port, nil
		}
		problems = append(problems, err)
	}
	return nil, fmt.Errorf("cannot find a free port: %w", errors.Join(problems...))
}

// ReservePort returns the number of a free port that no bench takes until release is called. It is for
// a server that a test starts itself.
func ReservePort(ctx context.Context) (number int, release func() error, err error) {
	reserved, err := reservePort(ctx)
	if err != nil {
		return 0, nil, err
	}
	return reserved.number, reserved.release, nil
}

func tryPort(ctx context.Context, number int) (*port, error) {
	var config net.ListenConfig
	// An abstract socket is seen by all processes that share the ports, leaves
	// no file behind, and ends with the process that holds it.
	reservation, err := config.Listen(ctx, "unix", fmt.Sprintf("@glusterfs-provisioner-bench-port-%d", number))
	if err != nil {
		return nil, err
	}
	if err := probePort(ctx, number); err != nil {
		return nil, errors.Join(err, reservation.Close())
	}
	return &port{number: number, reservation: reservation}, nil
}

// probePort returns an error if something listens on a port.
func probePort(ctx context.Context, number int) error {
	// A process that is started meanwhile would have the listener, too, until it runs
	// its program, and the port would be in use for as long.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var config net.ListenConfig
	// On all addresses, because heketi listens on all.
	listener, err := config.Listen(ctx, "tcp", fmt.Sprintf(":%d", number))
	if err != nil {
		return err
	}
	return listener.Close()
}

// release gives the port back. A nil port has nothing to give back.
func (p *port) release() error {
	if p == nil {
		return nil
	}
	return p.reservation.Close()
}

// loopback is the address by which this machine reaches itself.
const loopback = "127.0.0.1"

// address is where the port is reached from this machine.
func (p *port) address() string { return p.at(loopback) }

// at is where the port is reached by an address of this machine.
func (p *port) at(address string) string { return net.JoinHostPort(address, p.String()) }

func (p *port) String() string { return strconv.Itoa(p.number) }
