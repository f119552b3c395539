package audit

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// WriteTable writes the report for people: a line for each finding, one for each
// heketi that could not be asked, and one with the counts.
func (r Report) WriteTable(w io.Writer) error {
	var text bytes.Buffer
	if len(r.Findings) > 0 {
		r.writeFindings(&text)
	}
	for _, heketi := range r.Heketis {
		if heketi.Failure != "" {
			fmt.Fprintf(&text, "%s could not be asked: %s\n", heketi.URL, printable(heketi.Failure))
		}
		if heketi.GlusterFailure != "" {
			fmt.Fprintf(&text, "%s did not tell what gluster has: %s\n", heketi.URL, printable(heketi.GlusterFailure))
		}
	}
	if r.Clean() {
		fmt.Fprintln(&text, "nothing found")
	}
	fmt.Fprintln(&text, r.counts())
	_, err := text.WriteTo(w)
	return err
}

func (r Report) writeFindings(text *bytes.Buffer) {
	table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	line := func(cells ...string) {
		for i, cell := range cells {
			if cells[i] = printable(cell); cells[i] == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	line("KIND", "VOLUME", "ID", "CLUSTER", "SIZE", "GID", "PERSISTENTVOLUME", "HEKETI", "DETAIL")
	for _, f := range r.Findings {
		line(string(f.Kind), f.Volume, f.ID, f.Cluster, fmt.Sprintf("%d GiB", f.SizeGiB), fmt.Sprint(f.GID), f.PersistentVolume, f.Heketi, f.Detail)
	}
	_ = table.Flush() // A buffer takes everything.
}

func (r Report) counts() string {
	var volumes, pending, other, failed int
	for _, heketi := range r.Heketis {
		volumes += heketi.Volumes
		pending += heketi.Pending
		other += heketi.Other
		if heketi.Failure != "" {
			failed++
		}
	}
	var found []string
	for _, kind := range Kinds() {
		if count := r.Count(kind); count > 0 {
			found = append(found, fmt.Sprintf("%d %s", count, kind))
		}
	}
	summary := ""
	if len(found) > 0 {
		summary = " (" + strings.Join(found, ", ") + ")"
	}
	return fmt.Sprintf("findings: %d%s; heketis asked: %d of %d; volumes: %d, of which with other names: %d, being made or deleted: %d",
		len(r.Findings), summary, len(r.Heketis)-failed, len(r.Heketis), volumes, other, pending)
}

// printable puts a text on one line and leaves out what could play tricks on a terminal.
// The text comes from heketi or from whoever writes PersistentVolumes.
func printable(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
}
