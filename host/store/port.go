package store

import (
	"fmt"
	"regexp"
)

// portLine is where a brick's file has the port on which the brick listens (GLUSTERD_STORE_KEY_BRICK_PORT).
var portLine = regexp.MustCompile(`(?m)^listen-port=\d+$`)

// WithPort returns what a brick's file has, with the port on which the brick listens. A file that has no port is returned as it is.
func WithPort(file []byte, port int) []byte {
	return portLine.ReplaceAll(file, fmt.Appendf(nil, "listen-port=%d", port))
}
