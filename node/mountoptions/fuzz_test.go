package mountoptions

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withPath are the options whose value may be a path.
var withPath = []string{LogFile, subdirMount}

// FuzzParse looks for options that pass and would be more than one word in a shell, write
// outside the folder, or lead out of the volume.
func FuzzParse(f *testing.F) {
	for option := range refusals {
		f.Add(option)
	}
	for name := range table {
		f.Add(name)
		f.Add(name + "=../..")
		f.Add(name + "=/etc/passwd")
	}
	f.Add("ro,log-level=INFO,log-file=/var/log/glusterfs/x,rw")
	f.Add("xlator-option=transport.address-family=inet6")
	f.Add("subdir-mount=/sub/folder")
	f.Fuzz(func(t *testing.T, text string) {
		options, err := Parse([]string{text}, logs)
		if err != nil {
			return
		}
		// What passes on the node has passed when the claim was made.
		if err := Check([]string{text}, Plugin); err != nil {
			t.Errorf("%q passes on the node, and not before: %v", text, err)
		}
		command := options.String()
		if strings.ContainsAny(command, " \t\n\"'`$;&|<>(){}*?\\#!~") || strings.HasPrefix(command, "-") {
			t.Errorf("%q was accepted", text)
		}
		again, err := Parse([]string{command}, logs)
		if err != nil || again.String() != command {
			t.Errorf("%q was read as %q, and that as %q, %v", text, command, again, err)
		}
		for _, option := range options {
			mustBeSafe(t, option)
		}
	})
}

func mustBeSafe(t *testing.T, option Option) {
	t.Helper()
	if table[option.Name].refused != "" {
		t.Errorf("%s is refused, and was accepted", option)
	}
	if slices.Contains(strings.Split(option.Value, "/"), "..") {
		t.Errorf("%s leads upward", option)
	}
	if strings.Contains(option.Value, "/") && !slices.Contains(withPath, option.Name) {
		t.Errorf("%s has a path", option)
	}
	if option.Name == LogFile && filepath.Dir(filepath.Clean(option.Value)) != logs {
		t.Errorf("%s is outside of %s", option, logs)
	}
	if option.Name == subdirMount && !filepath.IsLocal(strings.TrimPrefix(option.Value, "/")) {
		t.Errorf("%s is outside of the volume", option)
	}
}

// FuzzCheckForKubelet looks for options that pass for mount(8), which then gives them to
// mount.glusterfs itself.
func FuzzCheckForKubelet(f *testing.F) {
	for option := range refusals {
		f.Add(option)
	}
	f.Add("log-file=/var/log/mirror.log,acl")
	f.Add("X-mount.subdir=..")
	f.Fuzz(func(t *testing.T, text string) {
		if Check([]string{text}, Kubelet) != nil {
			return
		}
		for one := range strings.SplitSeq(text, ",") {
			name, value, _ := strings.Cut(one, "=")
			lower := strings.ToLower(name)
			if strings.HasPrefix(lower, "x-mount.") && lower != mkdir {
				t.Errorf("%q was accepted", one)
			}
			if strings.HasPrefix(lower, "x-") || name == "comment" {
				continue
			}
			if table[name].refused != "" || slices.Contains(strings.Split(value, "/"), "..") {
				t.Errorf("%q was accepted", one)
			}
			if strings.Contains(value, "/") && !slices.Contains(withPath, name) || name == LogFile && !strings.HasPrefix(filepath.Clean(value), logsOfNode) {
				t.Errorf("%q has a path", one)
			}
		}
	})
}
