package documented

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// chinese ends the name of a page that is the Chinese one of another.
const chinese = ".zh-CN.md"

// TestTranslationsFollow holds each Chinese page against the English one: section for section, it has
// the same commands, lists, tables, links, and the same names and numbers in its sentences.
func TestTranslationsFollow(t *testing.T) {
	pages := readPages(t)
	found := false
	for _, is := range sorted(pages) {
		if !strings.HasSuffix(is.file, chinese) {
			continue
		}
		found = true
		t.Run(path.Base(is.file), func(t *testing.T) {
			want, exists := pages[strings.TrimSuffix(is.file, chinese)+".md"]
			if !exists {
				t.Fatalf("%s has no English page beside it", is.file)
			}
			if is.other != want.file || want.other != is.file {
				t.Errorf("%s and %s do not name one another below their titles", is.file, want.file)
			}
			if len(is.sections) != len(want.sections) {
				t.Fatalf("%s has the sections\n%q, and the English page\n%q", is.file, is.headings(), want.headings())
			}
			for i := range is.sections {
				is.sections[i].follow(t, want.sections[i])
				is.linksFollow(t, pages, want, i)
			}
		})
	}
	if !found {
		t.Error("there is no Chinese page")
	}
}

// TestChinesePagesAreNamedSo has no page in Chinese escape TestTranslationsFollow by its name, and no page be
// paired by its name alone.
func TestChinesePagesAreNamedSo(t *testing.T) {
	for _, page := range sorted(readPages(t)) {
		is := strings.ContainsFunc(page.prose, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if named := strings.HasSuffix(page.file, chinese); is != named {
			t.Errorf("%s: it is %t that it has Chinese words, and %t that its name ends in %s", page.file, is, named, chinese)
		}
	}
}

func (p page) headings() []string {
	var all []string
	for _, s := range p.sections {
		all = append(all, s.heading)
	}
	return all
}

func (s section) follow(t *testing.T, english section) {
	t.Helper()
	if s.level != english.level {
		t.Errorf("%q has %d #, and %q %d", s.heading, s.level, english.heading, english.level)
	}
	for what, both := range map[string][2][]string{
		"blocks of code":                {s.blocks, english.blocks},
		"names in back quotes":          {s.words, english.words},
		"numbers of cells in its rows":  {decimal(s.cells), decimal(english.cells)},
		"names in the rows of a table":  {joined(s.rows), joined(english.rows)},
		"numbers of items in its lists": {decimal([]int{s.items}), decimal([]int{english.items})},
	} {
		if !slices.Equal(both[0], both[1]) {
			t.Errorf("%q has other %s than %q:\n%q\n%q", s.heading, what, english.heading, both[0], both[1])
		}
	}
	// What English has in words, Chinese may have in digits.
	for _, number := range english.numbers {
		if !slices.Contains(s.numbers, number) {
			t.Errorf("%q does not have the number %s of %q", s.heading, number, english.heading)
		}
	}
}

// linksFollow holds the links of a section against those of the English page. They lead to Chinese pages
// where there are some.
func (p page) linksFollow(t *testing.T, pages map[string]page, english page, i int) {
	t.Helper()
	is, want := map[string]int{}, map[string]int{}
	for _, link := range p.sections[i].links {
		file, at := p.lead(pages, link)
		if translated := strings.TrimSuffix(file, ".md") + chinese; pages[translated].file != "" {
			t.Errorf("%q links to %s, and there is %s", p.sections[i].heading, file, translated)
		}
		is[inEnglish(file, at, link)]++
	}
	for _, link := range english.sections[i].links {
		file, at := english.lead(pages, link)
		want[inEnglish(file, at, link)]++
	}
	if !maps.Equal(is, want) {
		t.Errorf("%q has other links than %q:\n%v\n%v", p.sections[i].heading, english.sections[i].heading, is, want)
	}
}

// inEnglish is where a link leads, said alike for a page in both languages.
func inEnglish(file string, at int, link string) string {
	switch {
	case file == "":
		return link
	case !strings.Contains(link, "#"):
		return strings.Replace(file, chinese, ".md", 1)
	default:
		return strings.Replace(file, chinese, ".md", 1) + ", section " + strconv.Itoa(at)
	}
}

func decimal(counts []int) []string {
	var all []string
	for _, count := range counts {
		all = append(all, strconv.Itoa(count))
	}
	return all
}

func joined(rows [][]string) []string {
	var all []string
	for _, row := range rows {
		all = append(all, strings.Join(row, " "))
	}
	return all
}
