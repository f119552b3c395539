package app

import (
	"bytes"
	"strings"
	"testing"
)

// TestConvertRefusesItsArguments names each flag that is wrong, and what would be right.
func TestConvertRefusesItsArguments(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no kind":          {[]string{"--all"}, "--to=: must be csi or glusterfs"},
		"another kind":     {[]string{"--all", "--to=nfs"}, "--to=nfs: must be csi or glusterfs"},
		"nothing selected": {[]string{"--to=csi"}, "nothing is selected"},
		"all and a class":  {[]string{"--to=csi", "--all", "--class=slow"}, "--all is set together with --class"},
		"names and labels": {[]string{"--to=csi", "--selector=a=b", "pvc-1"}, "named together with --class or --selector"},
		"no selector":      {[]string{"--to=csi", "--selector=a b"}, "--selector=a b: "},
		"options of all":   {[]string{"--to=csi", "--all", "--namespace=A"}, "--namespace=A"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if status := Main(append([]string{"convert"}, test.args...), &stdout, &stderr); status != exitUsage || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("ended with %d: %s; want %q", status, stderr.String(), test.want)
			}
		})
	}
}

func TestConvertHelps(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := Main([]string{"convert", "--help"}, &stdout, &stderr); status != exitOK || !strings.Contains(stdout.String(), "--dry-run") || !strings.Contains(stdout.String(), "--kubeconfig") {
		t.Errorf("ended with %d: %s%s", status, stdout.String(), stderr.String())
	}
}
