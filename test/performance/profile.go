package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/performance/stage"
)

// profileSeconds is how long the provisioner's CPU profile lasts, unless it is
// ended by the run's end.
const profileSeconds = 20

// profile begins a CPU profile of the provisioner, if profiles are wanted and it
// is ours. What it returns waits for its end and takes the profile of the heap.
func (b *bencher) profile(ctx context.Context, set *stage.Stage, r result) (end func() error, err error) {
	if b.profiles == "" || !strings.HasPrefix(r.subject, ours.name[:4]) {
		return func() error { return nil }, nil
	}
	address, err := set.Address()
	if err != nil {
		return nil, err
	}
	fetch := func(path, kind string) error {
		name := strings.NewReplacer(" ", "-", ",", "").Replace(r.workload + "-" + r.subject + "." + kind)
		return download(ctx, "http://"+address+path, filepath.Join(b.profiles, name))
	}
	var cpu errgroup.Group
	cpu.Go(func() error { return fetch(fmt.Sprintf("/debug/pprof/profile?seconds=%d", profileSeconds), "cpu") })
	return func() error {
		if err := cpu.Wait(); err != nil {
			return err
		}
		return fetch("/debug/pprof/heap?gc=1", "heap")
	}, nil
}

func download(ctx context.Context, url, into string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answers %s", url, response.Status)
	}
	file, err := os.Create(into)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, response.Body)
	return err
}
