package main

import (
	"reflect"
	"strings"
	"testing"
)

const config = `{"config": {"protocol_version": "v1.0.0", "go_version": "go1.26.8"}}
{"progress": {"message": "Scanning your code"}}
{"osv": {"id": "GO-1", "summary": "Endless loop", "affected": [{"package": {"name": "x", "ecosystem": "Go"}}]}}
`

func findingOf(trace string) string {
	return `{"finding": {"osv": "GO-1", "fixed_version": "v0.2.0", "trace": [` + trace + `]}}`
}

func TestReadScan(t *testing.T) {
	const (
		module  = `{"module": "example.com/net", "version": "v0.1.0"}`
		pkg     = `{"module": "example.com/net", "version": "v0.1.0", "package": "example.com/net/http2"}`
		method  = `{"module": "example.com/net", "version": "v0.1.0", "package": "example.com/net/http2", "function": "Dial", "receiver": "*Transport", "position": {"filename": "http2/t.go", "line": 9}}`
		plain   = `{"module": "example.com/net", "version": "v0.1.0", "package": "example.com/net/http2", "function": "Parse"}`
		between = `{"module": "example.com/client", "version": "v0.3.0", "package": "example.com/client", "function": "Get", "position": {"filename": "get.go", "line": 5}}`
		ours    = `{"module": "glusterfs-provisioner", "package": "glusterfs-provisioner/cmd/app", "function": "Run", "position": {"filename": "cmd/app/run.go", "line": 12}}`
		main    = `{"module": "glusterfs-provisioner", "package": "glusterfs-provisioner/cmd", "function": "main", "position": {"filename": "cmd/main.go", "line": 3}}`
	)
	for name, test := range map[string]struct {
		output string
		want   []finding
	}{
		"none":             {"", nil},
		"required":         {findingOf(module), []finding{{level: required}}},
		"imported":         {findingOf(module) + findingOf(pkg), []finding{{level: imported, where: "package example.com/net/http2"}}},
		"called":           {findingOf(method + "," + between + "," + ours + "," + main), []finding{{level: called, where: "cmd/app/run.go:12 leads to example.com/net/http2.Transport.Dial"}}},
		"called by others": {findingOf(plain + "," + between), []finding{{level: called, where: "example.com/net/http2.Parse"}}},
		"the nearest counts, and the first of these": {
			findingOf(pkg) + findingOf(plain+","+main) + findingOf(method+","+ours) + findingOf(module),
			[]finding{{level: called, where: "cmd/main.go:3 leads to example.com/net/http2.Parse"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range test.want {
				f := &test.want[i]
				f.id, f.summary, f.module, f.version, f.fixed = "GO-1", "Endless loop", "example.com/net", "v0.1.0", "v0.2.0"
			}
			got, err := readScan(strings.NewReader(config + test.output))
			if want := (scan{"go1.26.8", test.want}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

// TestOneFindingInTwoModules has some of golang.org/x/net in the standard library, too.
func TestOneFindingInTwoModules(t *testing.T) {
	got, err := readScan(strings.NewReader(config + findingOf(`{"module": "stdlib", "version": "v1.26.8"}`) + findingOf(`{"module": "example.com/net", "version": "v0.1.0"}`)))
	if err != nil || len(got.findings) != 2 || got.findings[0].module != "example.com/net" || got.findings[1].module != stdlib {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestScansThatAreNone is what must not pass for a scan that found nothing.
func TestScansThatAreNone(t *testing.T) {
	for _, output := range []string{"", "{}", "cannot load packages", config + `{"finding": {"osv"`, config + findingOf("")} {
		if got, err := readScan(strings.NewReader(output)); err == nil {
			t.Errorf("%q was read as %+v", output, got)
		}
	}
}
