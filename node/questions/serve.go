package questions

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// Argument is the only argument of a process that asks, which is started from the
	// same program.
	Argument = "ask-file-systems"
	// socket is what such a process talks to its parent on: the first descriptor after
	// those that every process has.
	socket = 3
	// messageBytes is more than any message has.
	messageBytes = 256
)

// Serve asks what the parent wants to know until that ends, and returns the exit status.
// Processes that were started with Argument call it.
func Serve() int {
	connection, err := connectionOf(os.NewFile(socket, "socket"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	message, rights := make([]byte, messageBytes), make([]byte, unix.CmsgSpace(4))
	for {
		n, rightsLength, _, _, err := connection.ReadMsgUnix(message, rights)
		if err != nil || n == 0 {
			return 0
		}
		root, err := descriptorIn(rights[:rightsLength])
		if err != nil {
			continue
		}
		var asked request
		if err := asked.parse(message[:n]); err != nil {
			_ = unix.Close(root)
			continue
		}
		go func() {
			reply := asked.ask(root)
			_ = unix.Close(root)
			// If nobody listens any more, the process is about to end.
			_, _ = connection.Write(packet(reply))
		}()
	}
}

// connectionOf takes over a socket.
func connectionOf(file *os.File) (*net.UnixConn, error) {
	defer file.Close()
	connection, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("cannot use the socket of the process that asks file systems: %w", err)
	}
	unixConnection, ok := connection.(*net.UnixConn)
	if !ok {
		return nil, fmt.Errorf("the process that asks file systems has a socket of type %T", connection)
	}
	return unixConnection, nil
}

// descriptorIn is the descriptor that came with a message.
func descriptorIn(rights []byte) (int, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return 0, err
	}
	for _, message := range messages {
		descriptors, err := unix.ParseUnixRights(&message)
		if err == nil && len(descriptors) == 1 {
			return descriptors[0], nil
		}
	}
	return 0, unix.EBADMSG
}
