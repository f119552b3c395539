package documented

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// chinese ends the name of a page that is the Chinese one of another.
const chinese = ".zh-CN.md"

var (
	fence = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	span  = regexp.MustCompile("`[^`\n]+`")
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// TestTranslationsFollow holds each Chinese page against the English one: section for section, it has
// the same commands, the same rows of tables and the same links.
func TestTranslationsFollow(t *testing.T) {
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	for _, folder := range []string{"", "docs"} {
		found, err := filepath.Glob(filepath.Join(root, folder, "*"+chinese))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	if len(pages) == 0 {
		t.Fatal("there is no Chinese page")
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			is, want := sectionsOf(t, page), sectionsOf(t, strings.TrimSuffix(page, chinese)+".md")
			if len(is) != len(want) {
				t.Fatalf("it has %d sections, and the English page %d", len(is), len(want))
			}
			for i := range is {
				is[i].follow(t, want[i])
			}
		})
	}
}

// section is what a page has from one heading to the next that does not depend on a language.
type section struct {
	heading string
	level   int
	blocks  []string
	rows    [][]string
	links   []string
}

func sectionsOf(t *testing.T, page string) (sections []section) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	// A line of a block may look like a heading.
	blocks := fence.FindAllString(string(text), -1)
	prose := fence.ReplaceAllString(string(text), "\x00")
	for line := range strings.Lines(prose) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			heading := strings.TrimLeft(line, "#")
			sections = append(sections, section{heading: strings.TrimSpace(heading), level: len(line) - len(heading)})
			continue
		}
		if len(sections) == 0 {
			t.Fatalf("%s does not begin with a heading", page)
		}
		last := &sections[len(sections)-1]
		if strings.HasPrefix(line, "\x00") {
			last.blocks, blocks = append(last.blocks, blocks[0]), blocks[1:]
		}
		if strings.HasPrefix(line, "|") {
			last.rows = append(last.rows, distinct(span.FindAllString(line, -1)))
		}
		for _, found := range link.FindAllStringSubmatch(line, -1) {
			if target := targetOf(found[1]); target != "" {
				last.links = append(last.links, target)
			}
		}
	}
	for i := range sections {
		slices.Sort(sections[i].links)
	}
	return sections
}

// targetOf is where a link leads, without what is said otherwise in another language; "" if it leads
// to the same page in the other one.
func targetOf(link string) string {
	target := strings.ReplaceAll(link, chinese, ".md")
	if strings.HasPrefix(target, "#") {
		return "#"
	}
	if target == "README.md" {
		return ""
	}
	return target
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

func (s section) follow(t *testing.T, english section) {
	t.Helper()
	if s.level != english.level {
		t.Errorf("%q has %d #, and %q %d", s.heading, s.level, english.heading, english.level)
	}
	for what, differ := range map[string]bool{
		"blocks of code": !slices.Equal(s.blocks, english.blocks),
		"rows":           !slices.EqualFunc(s.rows, english.rows, slices.Equal),
		"links":          !slices.Equal(s.links, english.links),
	} {
		if differ {
			t.Errorf("%q has other %s than %q:\n%q\n%q\n%q\n%q\n%q\n%q", s.heading, what, english.heading, s.blocks, english.blocks, s.rows, english.rows, s.links, english.links)
		}
	}
}
