// Package person follows pages of the docs: it types what they tell to type, in a folder with the
// files that they name.
package person

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"glusterfs-provisioner/test/bench"
)

// Options say who follows what.
type Options struct {
	// Root is the repository.
	Root string
	// Page is a page in it, such as docs/walkthrough.md.
	Page string
	// Folder is an empty one for the person.
	Folder string
	// Given are folders of the repository that the person gets copies of, and Fill is what the page
	// tells to put into them.
	Given []string
	Fill  *strings.Replacer
	// Programs are folders of programs, besides those of the machine.
	Programs []string
	// Environment is what the person has exported.
	Environment []string
	// Bound is how long a command may take.
	Bound time.Duration
}

// Person follows a page.
type Person struct {
	// Folder is where commands are typed, Environment is what they see.
	Folder      string
	Environment []string

	root, page, guide string
	bound             time.Duration
}

// New returns a person who has what the options give.
func New(options Options) (*Person, error) {
	guide, err := os.ReadFile(filepath.Join(options.Root, options.Page))
	if err != nil {
		return nil, err
	}
	for _, given := range options.Given {
		if err := copyFilled(filepath.Join(options.Root, given), filepath.Join(options.Folder, given), options.Fill); err != nil {
			return nil, err
		}
	}
	path := strings.Join(append(options.Programs, os.Getenv("PATH")), ":")
	return &Person{
		Folder: options.Folder, root: options.Root, page: options.Page, guide: string(guide), bound: options.Bound,
		Environment: append([]string{"HOME=" + options.Folder, "PATH=" + path}, options.Environment...),
	}, nil
}

// copyFilled copies a folder and all below it, filled in.
func copyFilled(from, to string, fill *strings.Replacer) error {
	return filepath.WalkDir(from, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, below), 0o755)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, below), []byte(fill.Replace(string(text))), 0o700)
	})
}

// indentation is what commands have before them in the steps of a list.
var indentation = regexp.MustCompile(`(?m)^ +`)

// AlsoReads returns the person with another page besides.
func (p *Person) AlsoReads(page string) (*Person, error) {
	text, err := os.ReadFile(filepath.Join(p.root, page))
	if err != nil {
		return nil, err
	}
	both := *p
	both.page, both.guide = p.page+" or "+page, p.guide+indentation.ReplaceAllString(string(text), "")
	return &both, nil
}

// Types runs a command that the page has, as it stands there, for anybody or for root, and
// returns what it printed, without surrounding space.
func (p *Person) Types(ctx context.Context, command string) (string, error) {
	return p.TypesWith(ctx, command)
}

// TypesWith types a command that has words in capitals for what is a person's own, such as POD, which are given one after
// the other with what takes their place.
func (p *Person) TypesWith(ctx context.Context, command string, words ...string) (string, error) {
	if err := p.Finds(command); err != nil {
		return "", err
	}
	return p.Runs(ctx, strings.NewReplacer(words...).Replace(command))
}

// Finds returns an error if the page does not tell to run a command, for anybody or for root.
func (p *Person) Finds(command string) error {
	if !strings.Contains(p.guide, "\n$ "+command+"\n") && !strings.Contains(p.guide, "\n# "+command+"\n") {
		return fmt.Errorf("%s does not tell to run %q", p.page, command)
	}
	return nil
}

// Runs runs a command, and returns what it printed, without surrounding space.
func (p *Person) Runs(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.bound)
	defer cancel()
	output, err := bench.Run(ctx, p.Environment, "sh", "-c", "cd "+p.Folder+" && "+command)
	return strings.TrimSpace(string(output)), err
}
