package heketi

import "time"

// Observer is told of what passes between this process and heketis. Many tell it at a time.
type Observer interface {
	// OperationEnded is told of every operation that has ended: the heketi's base URL, the
	// operation's first word, and its error if it failed.
	OperationEnded(server, operation string, err error, took time.Duration)
	// RequestEnded is told of every HTTP request that has ended: the heketi's base URL, the
	// method, and the status of the answer, which is 0 if none came. The answer's body is not
	// read yet.
	RequestEnded(server, method string, status int, took time.Duration)
}
