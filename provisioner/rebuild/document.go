package rebuild

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The lines of Script's output around what a command has printed.
const (
	beginLine = "=== begin "
	endLine   = "=== end "
)

// scriptFormat is the format that Script tells.
const scriptFormat = "1"

// sections are what Script's commands have printed, by their names.
type sections map[string]section

// section is what one command has printed.
type section struct {
	text string
	// status is the command's exit status.
	status int
}

// readSections takes Script's output apart. Lines around it, such as a greeting, do not matter.
func readSections(document string) (sections, error) {
	found := sections{}
	var name string
	var text strings.Builder
	for line := range strings.Lines(document) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		begun, begins := strings.CutPrefix(line, beginLine)
		ended, ends := strings.CutPrefix(line, endLine)
		switch {
		case begins && name != "":
			return nil, fmt.Errorf("%q begins before %q has ended", begun, name)
		case begins:
			name = begun
			text.Reset()
		case ends:
			endName, status, err := endOf(ended)
			if err != nil || endName != name || name == "" {
				return nil, fmt.Errorf("the line %q ends nothing that has begun", line)
			}
			if _, twice := found[name]; twice {
				return nil, fmt.Errorf("%q is there twice; keep the output of one run only", name)
			}
			found[name] = section{strings.TrimSpace(text.String()), status}
			name = ""
		case name != "":
			text.WriteString(line + "\n")
		}
	}
	return found, found.check()
}

// endOf reads the name and the exit status of a line that ends a section.
func endOf(text string) (name string, status int, err error) {
	name, number, _ := strings.Cut(text, " ")
	status, err = strconv.Atoi(number)
	return name, status, err
}

func (s sections) check() error {
	switch {
	case len(s) == 0:
		return errors.New("it is not what the script prints")
	case s["format"].text != scriptFormat:
		return fmt.Errorf("it has the format %q, and this program reads %s; use the script of this program", s["format"].text, scriptFormat)
	}
	if _, whole := s["all"]; !whole {
		return errors.New("it is cut off; run the script again")
	}
	return nil
}

// of returns what a command has printed. It returns an error if the command has failed, or if the
// output is empty.
func (s sections) of(name string) (string, error) {
	told, there := s[name]
	switch {
	case !there:
		return "", fmt.Errorf("%s is missing in it; use the script of this program", name)
	case told.status != 0:
		return "", fmt.Errorf("the command for %s failed on the host, with exit status %d; see what it said there, and run the script again", name, told.status)
	case told.text == "":
		return "", fmt.Errorf("the command for %s printed nothing on the host; see what it said there, and run the script again", name)
	}
	return told.text, nil
}
