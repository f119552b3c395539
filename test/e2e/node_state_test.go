package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"glusterfs-provisioner/test/bench"
)

// generated are the names that another container of the same pod gets.
var generated = regexp.MustCompile(`[0-9a-f]{64}|cni-[0-9a-f-]{36}|snapshots/[0-9]+`)

// onNode is all that there is on the node and in Kubernetes now.
func onNode(ctx context.Context) (state, error) {
	s := state{}
	if err := s.addMounts(); err != nil {
		return nil, err
	}
	if err := s.addProcesses(); err != nil {
		return nil, err
	}
	if err := s.addKubernetes(ctx); err != nil {
		return nil, err
	}
	if err := s.addPods(ctx); err != nil {
		return nil, err
	}
	return s.counted(), nil
}

// addMounts adds all mounts of the node, of whatever type.
func (s state) addMounts() error {
	mounts, err := mountinfo.GetMounts(nil)
	for _, mount := range mounts {
		s.add("the node's mounts", generated.ReplaceAllString(fmt.Sprintf("%s of type %s", mount.Mountpoint, mount.FSType), "..."))
	}
	return err
}

// addProcesses adds all processes of the node, and of the hosts, which it sees.
func (s state) addProcesses() error {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		// One that is gone by now is not looked for.
		if text, _ := os.ReadFile(file); len(text) > 0 {
			program, _, _ := strings.Cut(string(text), "\x00")
			s.add("processes", program)
		}
	}
	return err
}

func (s state) addPods(ctx context.Context) error {
	for kind, list := range map[string]func() (runtime.Object, error){
		"Pods": func() (runtime.Object, error) { return env.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{}) },
		"VolumeAttachments": func() (runtime.Object, error) {
			return env.client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
		},
	} {
		if err := s.addObjects(kind, list); err != nil {
			return err
		}
	}
	return nil
}

// counted has each line once, with how often it is there.
func (s state) counted() state {
	counted := state{}
	for place, lines := range s {
		counts := map[string]int{}
		for _, line := range lines {
			counts[line]++
		}
		for line, count := range counts {
			counted.add(place, fmt.Sprintf("%d of %s", count, line))
		}
	}
	counted.sort()
	return counted
}

// waitAsBefore waits until the node and Kubernetes are as they were.
func waitAsBefore(t *testing.T, before state) {
	t.Helper()
	// Also after the test, when its context has ended.
	err := bench.UntilEvery(context.WithoutCancel(t.Context()), pace, patience, func(ctx context.Context) error {
		now, err := onNode(ctx)
		if err != nil {
			return err
		}
		return checkSame(before, now)
	})
	if err != nil {
		t.Error(err)
	}
}

// leavesTheNodeAsItWas compares, after the test, all mounts and processes and the objects
// with those of before. It is called before anything is made.
func leavesTheNodeAsItWas(t *testing.T) {
	t.Helper()
	before := stateOfNode(t)
	t.Cleanup(func() { waitAsBefore(t, before) })
}

func stateOfNode(t *testing.T) state {
	t.Helper()
	s, err := onNode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// placesOf are where a volume is mounted for pods, and how often.
func placesOf(t *testing.T, v volume) map[string]int {
	t.Helper()
	mounts, err := mountinfo.GetMounts(func(mount *mountinfo.Info) (skip, stop bool) {
		// kubelet leaves out the slash where it mounts by itself.
		isOurs := strings.HasSuffix(mount.Source, ":/"+v.name) || strings.HasSuffix(mount.Source, ":"+v.name)
		return !isOurs || !strings.HasPrefix(mount.Mountpoint, kubeletDir+"/"), false
	})
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]int{}
	for _, mount := range mounts {
		places[mount.Mountpoint]++
	}
	return places
}
