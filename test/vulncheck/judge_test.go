package main

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	module := func(id, version, fixed string, l level) finding {
		return finding{id: id, module: "example.com/net", version: version, fixed: fixed, level: l}
	}
	library := func(id, fixed string) finding {
		return finding{id: id, module: stdlib, version: "v1.26.8", fixed: fixed, level: called}
	}
	for name, test := range map[string]struct {
		findings []finding
		want     []string
	}{
		"none":                 {nil, nil},
		"called":               {[]finding{module("GO-1", "v0.1.0", "v0.2.0", called)}, []string{"raise example.com/net from v0.1.0 to v0.2.0 or newer"}},
		"required":             {[]finding{module("GO-1", "v0.1.0", "v0.2.0", required)}, []string{"raise example.com/net from v0.1.0 to v0.2.0 or newer"}},
		"the highest has all":  {[]finding{module("GO-1", "v0.1.0", "v0.9.0", called), module("GO-2", "v0.1.0", "v0.10.0", called), module("GO-3", "v0.1.0", "v0.9.1", called)}, []string{"raise example.com/net from v0.1.0 to v0.10.0 or newer"}},
		"a commit":             {[]finding{module("GO-1", "v0.0.0-20240101000000-0123456789ab", "v0.0.0-20250101000000-0123456789ab", called)}, []string{"from v0.0.0-2024", "to v0.0.0-2025"}},
		"incompatible":         {[]finding{module("GO-1", "v10.3.0+incompatible", "v10.4.0+incompatible", called)}, []string{"from v10.3.0+incompatible to v10.4.0+incompatible"}},
		"nothing fixes it":     {[]finding{module("GO-1", "v0.1.0", "", imported)}, []string{"example.com/net v0.1.0 has GO-1, which no version fixes"}},
		"the images have it":   {[]finding{library("GO-1", "v1.26.11"), library("GO-2", "v1.26.9")}, []string{"raise GO_VERSION in the Dockerfile from 1.26.10 to 1.26.11 or newer"}},
		"the images are fixed": {[]finding{library("GO-1", "v1.26.10"), library("GO-2", "v1.26.9")}, nil},
		"nothing fixes Go":     {[]finding{library("GO-1", "")}, []string{"GO_VERSION in the Dockerfile 1.26.10 has GO-1, which no version fixes"}},
		"both": {
			[]finding{library("GO-1", "v1.27.0"), module("GO-2", "v0.1.0", "v0.2.0", called)},
			[]string{"raise GO_VERSION in the Dockerfile from 1.26.10 to 1.27.0 or newer\nraise example.com/net from"},
		},
		"a version that is none": {[]finding{library("GO-1", "devel")}, []string{"cannot compare the versions of GO-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := judge(test.findings, "go1.26.10")
			if (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if err != nil && strings.Count(err.Error(), "raise example.com/net") > 1 {
				t.Errorf("%q says to raise one module twice", err)
			}
		})
	}
}

func TestImageGo(t *testing.T) {
	for dockerfile, want := range map[string]string{
		"# Go\nARG GO_VERSION=1.26.10\nFROM golang:${GO_VERSION}\n": "go1.26.10",
		"ARG GO_VERSION=1.26\n":              "",
		"ARG GO_VERSION=1.26.10-alpine\n":    "",
		"ARG GO_VERSION\n":                   "",
		"# ARG GO_VERSION=1.26.10\n":         "",
		"FROM golang:1.26.10\n":              "",
		"ARG GO_VERSION=\nARG OTHER=1.26.10": "",
	} {
		got, err := imageGo(dockerfile)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", dockerfile, got, err, want)
		}
	}
}

// TestAcceptedFindingsStay leaves out those that are accepted, and tells why.
func TestAcceptedFindingsStay(t *testing.T) {
	p := program{accepted: map[string]string{"GO-1": "for a reason"}}
	var told strings.Builder
	left := p.without(&told, []finding{{id: "GO-1"}, {id: "GO-2"}})
	if len(left) != 1 || left[0].id != "GO-2" || !strings.Contains(told.String(), "GO-1 stays: for a reason") {
		t.Errorf("left are %+v, and it told %q", left, told.String())
	}
}
