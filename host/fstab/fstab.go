package fstab

import (
	"errors"
	"fmt"
	"strings"
)

// Entry is a line of the list.
type Entry struct {
	Device, MountPoint, Type, Options string
}

// escapes are those of fstab(5) and of /proc/self/mountinfo.
var escapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// Unescape returns a field as it is meant.
func Unescape(field string) string { return escapes.Replace(field) }

// Parse reads a list. A line that cannot be read is in the error, with its number, and the others are returned all
// the same.
func Parse(text string) ([]Entry, error) {
	var entries []Entry
	var errs []error
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 4 {
			errs = append(errs, fmt.Errorf("line %d has %d fields; a device, a mount point, a type and options are needed", number, len(fields)))
			continue
		}
		entries = append(entries, Entry{Unescape(fields[0]), Unescape(fields[1]), fields[2], fields[3]})
	}
	return entries, errors.Join(errs...)
}
