package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for name, test := range map[string]struct {
		findings []finding
		want     string
	}{
		"nothing": {nil, `No known vulnerabilities in modules.
No known vulnerabilities in the standard library of go1.26.8.
Images are built with go1.26.10; what it fixes is not in them.
`},
		"all": {[]finding{
			{"GO-1", "Endless loop", "example.com/net", "v0.1.0", "v0.2.0", called, "cmd/run.go:12 leads to example.com/net.Parse"},
			{"GO-2", "", "example.com/net", "v0.1.0", "", required, ""},
			{"GO-3", "Too much memory", stdlib, "v1.26.8", "v1.26.9", imported, "package net/http"},
		}, `Known vulnerabilities in modules: 2
  GO-1  called    example.com/net v0.1.0, fixed by v0.2.0
      Endless loop
      cmd/run.go:12 leads to example.com/net.Parse
  GO-2  required  example.com/net v0.1.0, no version fixes it
Known vulnerabilities in the standard library of go1.26.8: 1
  GO-3  imported  fixed by Go 1.26.9
      Too much memory
      package net/http
Images are built with go1.26.10; what it fixes is not in them.
`},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if report(&got, scan{"go1.26.8", test.findings}, "go1.26.10"); got.String() != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got.String(), test.want)
			}
		})
	}
}
