package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"glusterfs-provisioner/cmd/glusterfs-provisioner/app"
	"glusterfs-provisioner/provisioner/volume"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		return 1
	}
	return 0
}

// serve provisions until the context ends.
func serve(ctx context.Context, args []string) error {
	options, source, err := parse(args)
	if err != nil {
		return err
	}
	client, err := connect(options)
	if err != nil {
		return err
	}
	return provision(ctx, client, options, source)
}

func parse(args []string) (*app.Options, volume.Source, error) {
	options := app.NewOptions()
	flags := pflag.NewFlagSet("floor", pflag.ContinueOnError)
	for _, group := range options.Flags().FlagSets {
		flags.AddFlagSet(group)
	}
	source := flags.String("source", string(volume.CSI), "Kind of source of the PersistentVolumes: csi or glusterfs.")
	err := flags.Parse(args)
	return options, volume.Source(*source), err
}

// connect returns a client that asks the API server in the way of our provisioner's.
func connect(options *app.Options) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", options.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = options.APIQPS, options.APIBurst
	config.UserAgent = "floor"
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.WarningHandler = rest.NoWarnings{}
	return kubernetes.NewForConfig(config)
}
