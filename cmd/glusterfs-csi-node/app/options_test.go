package app

import (
	"bytes"
	"strings"
	"testing"
)

func valid() *Options {
	o := NewOptions()
	o.NodeName = "node-1.example.com"
	return o
}

func TestDefaultsAreValid(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Error(err)
	}
}

// TestWrongOptions sets one thing wrong at a time. The message names the flag and its
// value.
func TestWrongOptions(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"--node-name=:":              func(o *Options) { o.NodeName = "" },
		"--provisioner-namespace=A:": func(o *Options) { o.ProvisionerNamespace = "A" },
		"--client=both:":             func(o *Options) { o.Client = "both" },
		"--kubelet-dir=kubelet:":     func(o *Options) { o.KubeletDir = "kubelet" },
		"--kubelet-dir=/:":           func(o *Options) { o.KubeletDir = "/" },
		"--kubelet-dir=/a/../b:":     func(o *Options) { o.KubeletDir = "/a/../b" },
		"--kubelet-dir=/aaaaaaaaaa":  func(o *Options) { o.KubeletDir = "/" + strings.Repeat("a", 100) },
		"--log-dir=/a/:":             func(o *Options) { o.LogDir = "/a/" },
		"--mount-timeout=0s:":        func(o *Options) { o.Bounds.Mount = 0 },
		"--unmount-timeout=-1ns:":    func(o *Options) { o.Bounds.Unmount = -1 },
		"--answer-timeout=0s:":       func(o *Options) { o.Bounds.Answer = 0 },
		"--shutdown-grace=0s:":       func(o *Options) { o.ShutdownGrace = 0 },
		"--survey-interval=-1ns:":    func(o *Options) { o.SurveyInterval = -1 },
		"--abort-after=-1ns:":        func(o *Options) { o.AbortAfter = -1 },
	} {
		o := valid()
		change(o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to name %s", err, want)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	for flag, want := range map[string]string{"--help": "--kubelet-dir", "--version": "glusterfs-csi-node v"} {
		var out bytes.Buffer
		if done, err := parse(valid(), []string{flag}, &out); !done || err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %t, %v, printed %q", flag, done, err, out.String())
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, arguments := range [][]string{{"--no-such-flag"}, {"serve"}, {"--client=both"}} {
		if _, err := parse(valid(), arguments, &bytes.Buffer{}); err == nil {
			t.Errorf("%q were accepted", arguments)
		}
	}
}
