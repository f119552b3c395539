package documented

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	fence     = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	span      = regexp.MustCompile("`[^`]+`")
	mark      = regexp.MustCompile("[`*]")
	markdown  = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]+)\)`)
	item      = regexp.MustCompile(`^(?:-|\d+\.) `)
	number    = regexp.MustCompile(`\d+(?:\.\d+)*`)
	languages = regexp.MustCompile(`(?m)\A# .*\n\n\[(中文|English)\]\((\S+)\)$`)
)

// page is a Markdown file: what it has that does not depend on its language.
type page struct {
	// file is its path from the root of the tree.
	file string
	// other is the page in the other language that it names below its title; empty if it names none.
	other    string
	prose    string
	sections []section
}

// section is what stands from one heading to the next.
type section struct {
	heading, anchor string
	level           int
	// blocks are the blocks of code, rows what the rows of tables have in back quotes, and the pages that they link to.
	blocks []string
	rows   [][]string
	// cells is how many cells each row has, items how many items the lists have.
	cells []int
	items int
	// words are what the text has in back quotes, numbers what it has in digits.
	words, numbers []string
	// links are where its links lead, as they are written.
	links []string
}

// readPages returns all pages of the tree by their path in it.
func readPages(t *testing.T) map[string]page {
	t.Helper()
	pages := map[string]page{}
	for file, text := range Pages(t) {
		pages[file] = parsePage(file, text)
	}
	return pages
}

func parsePage(file, text string) page {
	p := page{file: file}
	if found := languages.FindStringSubmatch(text); found != nil {
		p.other = path.Join(path.Dir(file), found[2])
		text = strings.Replace(text, "["+found[1]+"]("+found[2]+")", "", 1)
	}
	// A line of a block may look like a heading.
	blocks := fence.FindAllString(text, -1)
	p.prose = fence.ReplaceAllString(text, "\x00")
	var lines []string
	for line := range strings.Lines(p.prose) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			p.end(lines)
			lines = nil
			heading := strings.TrimLeft(line, "#")
			p.sections = append(p.sections, section{heading: strings.TrimSpace(heading), level: len(line) - len(heading)})
			continue
		}
		if strings.HasPrefix(line, "\x00") && len(p.sections) > 0 {
			last := &p.sections[len(p.sections)-1]
			last.blocks, blocks = append(last.blocks, blocks[0]), blocks[1:]
		}
		lines = append(lines, line)
	}
	p.end(lines)
	return p
}

// end gives the last section its lines.
func (p *page) end(lines []string) {
	if len(p.sections) == 0 {
		return
	}
	s := &p.sections[len(p.sections)-1]
	s.anchor = p.anchorOf(s.heading)
	for _, line := range lines {
		if strings.HasPrefix(line, "|") {
			s.rows = append(s.rows, namesIn(line))
			s.cells = append(s.cells, strings.Count(span.ReplaceAllString(line, ""), "|"))
		}
		if item.MatchString(line) {
			s.items++
		}
	}
	text := s.heading + "\n" + strings.Join(lines, "\n")
	for _, found := range markdown.FindAllStringSubmatch(text, -1) {
		s.links = append(s.links, found[2])
	}
	text = markdown.ReplaceAllString(text, "$1")
	// A line may end within back quotes.
	for _, found := range span.FindAllString(text, -1) {
		s.words = append(s.words, strings.ReplaceAll(found, "\n", " "))
	}
	s.words = distinct(s.words)
	s.numbers = distinct(number.FindAllString(span.ReplaceAllString(text, ""), -1))
}

// namesIn returns what a row has in back quotes, and the pages that it links to by their English names.
func namesIn(row string) []string {
	names := span.FindAllString(row, -1)
	for _, found := range markdown.FindAllStringSubmatch(row, -1) {
		target, _, _ := strings.Cut(found[2], "#")
		names = append(names, strings.Replace(path.Base(target), chinese, ".md", 1))
	}
	return distinct(names)
}

// anchorOf is what GitHub links to the last heading by: the second of two equal ones ends in -1.
func (p *page) anchorOf(heading string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, mark.ReplaceAllString(markdown.ReplaceAllString(heading, "$1"), ""))
	anchor := plain
	for i := 1; slices.ContainsFunc(p.sections, func(s section) bool { return s.anchor == anchor }); i++ {
		anchor = plain + "-" + strconv.Itoa(i)
	}
	return anchor
}

// lead returns where a link of the page leads: to a file, and to a section by its index, which is -1 if the
// link names none that a page has. The file is empty for a link that leads out of the tree.
func (p page) lead(pages map[string]page, link string) (file string, at int) {
	if strings.Contains(link, "://") {
		return "", -1
	}
	target, anchor, _ := strings.Cut(link, "#")
	file = p.file
	if target != "" {
		file = path.Join(path.Dir(p.file), target)
	}
	return file, slices.IndexFunc(pages[file].sections, func(s section) bool { return s.anchor == anchor })
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// sorted returns pages in the order of their names.
func sorted(pages map[string]page) []page {
	var all []page
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		all = append(all, pages[name])
	}
	return all
}
