package client

import (
	"context"
	"errors"
	"strings"
)

// Cause is why a volume could not be mounted, in a word.
type Cause string

const (
	// NoClient is a node without a GlusterFS client.
	NoClient Cause = "no_client"
	// NoServer is a client that reaches no server, or no brick of the volume.
	NoServer Cause = "no_server"
	// UnknownVolume is a volume that the servers do not know.
	UnknownVolume Cause = "unknown_volume"
	// BadOption is a mount option that the client does not take.
	BadOption Cause = "option"
	// Timeout is a mount that took too long.
	Timeout Cause = "timeout"
	// Other is anything else.
	Other Cause = "other"
)

// Causes are all causes.
var Causes = []Cause{NoClient, NoServer, UnknownVolume, BadOption, Timeout, Other}

// CauseOf returns why a volume could not be mounted, from the error of that.
func CauseOf(err error) Cause {
	var told *toldError
	switch {
	case errors.Is(err, ErrNotInstalled):
		return NoClient
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.As(err, &told):
		return told.cause
	}
	return Other
}

// toldError is the error of a program that has said why it failed.
type toldError struct {
	error
	cause Cause
}

// Unwrap returns the error without its cause.
func (e *toldError) Unwrap() error { return e.error }

// words are what GlusterFS's client and mount.glusterfs say, from
// glusterfsd/src/glusterfsd-mgmt.c, xlators/protocol/client/src/client-handshake.c,
// rpc/rpc-transport/socket/src/socket.c, xlators/mount/fuse/src/fuse-bridge.c and
// xlators/mount/fuse/utils/mount.glusterfs.in of GlusterFS 10.3. What is said first says most.
var words = []struct {
	said  string
	cause Cause
}{
	{"Invalid option", BadOption},
	{"failed to fetch volume file", UnknownVolume},
	{"failed to get the 'volume file' from server", UnknownVolume},
	{"Exhausted all volfile servers", NoServer},
	{"failed to connect with remote-host", NoServer},
	{"failed to get the port number for remote subvolume", NoServer},
	{"connection attempt on", NoServer},
	{"Transport endpoint is not connected", NoServer},
}

// causeIn returns what lines that a program or its log has say.
func causeIn(lines ...string) Cause {
	for _, one := range words {
		for _, line := range lines {
			if strings.Contains(line, one.said) {
				return one.cause
			}
		}
	}
	return Other
}
