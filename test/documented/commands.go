package documented

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// argument is a word of a command, with its quotes.
var argument = regexp.MustCompile(`(?:[^\s"']|"[^"]*"|'[^']*')+`)

// Commands returns the arguments of each command of a program that pages have, by the page. They stand behind a prompt, in back quotes, or behind what runs the
// program in a pod; comments and what the shell does with the output are left out.
func Commands(t *testing.T, program string) map[string][][]string {
	t.Helper()
	command := regexp.MustCompile("(?m)(?:`|^ *[$#] |-- /|&& )(?:sudo |[A-Z]+=\\S+ )*" + regexp.QuoteMeta(program) + ` +([^` + "`" + `|<>&\n]+)`)
	commands := map[string][][]string{}
	for page, text := range Pages(t) {
		for _, found := range command.FindAllStringSubmatch(text, -1) {
			typed, _, _ := strings.Cut(found[1], " # ")
			commands[page] = append(commands[page], argument.FindAllString(typed, -1))
		}
	}
	if len(commands) == 0 {
		t.Fatalf("no page has a command of %s", program)
	}
	return commands
}

// Pages returns the text of each page of the tree by its path, in all languages.
func Pages(t *testing.T) map[string]string {
	t.Helper()
	return files(t, ".md")
}

// files returns the text of each file of the tree whose name ends so, by its path.
func files(t *testing.T, end string) map[string]string {
	t.Helper()
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	err = filepath.WalkDir(root, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && isForeign(root, file) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(file, end) {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		path, err := filepath.Rel(root, file)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// isForeign says of a folder below the root that what is in it was built or fetched, or is git's.
func isForeign(root, folder string) bool {
	name := filepath.Base(folder)
	return folder != root && (name == "bin" || strings.HasPrefix(name, "."))
}
