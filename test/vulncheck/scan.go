package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

const (
	ourModule = "glusterfs-provisioner"
	// stdlib is what govulncheck calls the standard library.
	stdlib = "stdlib"
)

// level is how near a vulnerability is.
type level int

const (
	required level = iota // go.mod needs the module, but no package of it that has the vulnerability
	imported              // the package is imported
	called                // the vulnerable function is called
)

func (l level) String() string { return [...]string{"required", "imported", "called"}[l] }

// finding is one vulnerability in one module.
type finding struct {
	id, summary    string
	module         string
	version, fixed string // fixed is empty if no version fixes it
	level          level
	// where says which of our lines leads to the vulnerable function, and what that is.
	where string
}

// message is one of those that govulncheck writes with -format json, each of which has
// one of these fields, or others.
type message struct {
	Config *struct {
		GoVersion string `json:"go_version"`
	}
	OSV *struct {
		ID      string
		Summary string
	}
	Finding *struct {
		OSV          string
		FixedVersion string `json:"fixed_version"`
		// Trace leads from the vulnerable function to one of ours. What is only imported
		// or required has one frame without a function, or without a package.
		Trace []frame
	}
}

type frame struct {
	Module, Version, Package, Function, Receiver string
	Position                                     *struct {
		Filename string
		Line     int
	}
}

// scan is what govulncheck found.
type scan struct {
	// goVersion is whose standard library was looked at, such as go1.26.0.
	goVersion string
	findings  []finding
}

// readScan reads what govulncheck wrote. It writes a finding several times, as it
// comes nearer to it; only the nearest counts.
func readScan(from io.Reader) (scan, error) {
	type key struct{ id, module string }
	var read scan
	summaries, nearest := map[string]string{}, map[key]finding{}
	for decoder := json.NewDecoder(from); ; {
		var m message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return read, fmt.Errorf("cannot read what govulncheck found: %w", err)
		}
		switch {
		case m.Config != nil:
			read.goVersion = m.Config.GoVersion
		case m.OSV != nil:
			summaries[m.OSV.ID] = m.OSV.Summary
		case m.Finding != nil:
			if len(m.Finding.Trace) == 0 {
				return read, fmt.Errorf("govulncheck does not say which module has %s", m.Finding.OSV)
			}
			f := ofTrace(m.Finding.Trace)
			f.id, f.fixed = m.Finding.OSV, m.Finding.FixedVersion
			k := key{f.id, f.module}
			if known, ok := nearest[k]; !ok || f.level > known.level {
				nearest[k] = f
			}
		}
	}
	if read.goVersion == "" {
		return read, errors.New("govulncheck does not say with which version of Go it looked, so it did not run to its end")
	}
	for f := range maps.Values(nearest) {
		f.summary = summaries[f.id]
		read.findings = append(read.findings, f)
	}
	slices.SortFunc(read.findings, func(a, b finding) int {
		return strings.Compare(a.module+" "+a.id, b.module+" "+b.id)
	})
	return read, nil
}

// ofTrace returns what a trace says of a finding.
func ofTrace(trace []frame) finding {
	vulnerable := trace[0]
	f := finding{module: vulnerable.Module, version: vulnerable.Version}
	switch {
	case vulnerable.Package == "":
		f.level = required
	case vulnerable.Function == "":
		f.level, f.where = imported, "package "+vulnerable.Package
	default:
		f.level, f.where = called, vulnerable.name()
		for _, ours := range trace {
			if ours.Module == ourModule && ours.Position != nil {
				f.where = fmt.Sprintf("%s:%d leads to %s", ours.Position.Filename, ours.Position.Line, f.where)
				break
			}
		}
	}
	return f
}

// name names a function as Go's documentation does: net/http.Transport.RoundTrip.
func (f frame) name() string {
	if f.Receiver == "" {
		return f.Package + "." + f.Function
	}
	return f.Package + "." + strings.TrimPrefix(f.Receiver, "*") + "." + f.Function
}
