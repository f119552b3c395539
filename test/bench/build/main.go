// Command build builds what the test bench runs, so that the tests do not have to.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"glusterfs-provisioner/test/bench"
)

func main() {
	os.Exit(run())
}

func run() int {
	kubernetes := flag.String("kubernetes", "", fmt.Sprintf("the only version of Kubernetes to build, of %q", bench.Versions()))
	node := flag.Bool("node", false, "build kubelet and kube-scheduler, too")
	storageSuite := flag.Bool("storage-suite", false, "build Kubernetes' own storage suite, too")
	services := flag.Bool("services", false, "build CoreDNS and kube-proxy, too")
	prometheus := flag.Bool("prometheus", false, "build Prometheus and promtool, too")
	flag.Parse()
	versions := bench.Versions()
	if *kubernetes != "" {
		versions = []bench.Kubernetes{bench.Kubernetes(*kubernetes)}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := build(ctx, versions, extras{*node, *storageSuite, *services, *prometheus}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// extras are what is built besides.
type extras struct{ node, storageSuite, services, prometheus bool }

func build(ctx context.Context, versions []bench.Kubernetes, extras extras) error {
	if _, err := bench.BuildHeketi(ctx, "", os.Stderr); err != nil {
		return err
	}
	if extras.prometheus {
		for _, build := range []func(context.Context, string, io.Writer) (string, error){bench.BuildPromtool, bench.BuildPrometheus} {
			if _, err := build(ctx, "", os.Stderr); err != nil {
				return err
			}
		}
	}
	if extras.storageSuite {
		if _, err := bench.BuildStorageSuite(ctx, "", bench.DefaultKubernetes, os.Stderr); err != nil {
			return err
		}
	}
	for _, version := range versions {
		if _, err := bench.BuildCluster(ctx, "", version, os.Stderr); err != nil {
			return err
		}
		if extras.services {
			if _, err := bench.BuildServices(ctx, "", version, os.Stderr); err != nil {
				return err
			}
		}
		if !extras.node {
			continue
		}
		if _, err := bench.BuildNode(ctx, "", version, os.Stderr); err != nil {
			return err
		}
	}
	return nil
}
