package library

import "fmt"

// BeforeFailure is what the library puts before an error of Provision in an event.
func BeforeFailure(class string) string {
	return fmt.Sprintf("failed to provision volume with StorageClass %q: ", class)
}
