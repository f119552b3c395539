package report

import (
	"strings"
)

// Table is a table with a title.
type Table struct {
	Title string
	// Note is a paragraph before the table; may be empty.
	Note    string
	Columns []string
	Rows    [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Markdown returns the table, or nothing if it has no rows.
func (t *Table) Markdown() string {
	if len(t.Rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n### " + t.Title + "\n\n")
	if t.Note != "" {
		b.WriteString(t.Note + "\n\n")
	}
	writeRow(&b, t.Columns)
	b.WriteString("|" + strings.Repeat("---|", len(t.Columns)) + "\n")
	for _, row := range t.Rows {
		writeRow(&b, row)
	}
	return b.String()
}

func writeRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
