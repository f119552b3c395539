package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const usage = `usage: images build [flags] TARGET=REPOSITORY...   build targets of the Dockerfile
       images push FOLDER...                       push what was built into these folders`

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		return 1
	}
	return 0
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	switch verb, args := args[0], args[1:]; verb {
	case "build":
		return buildCommand(ctx, args)
	case "push":
		for _, folder := range args {
			pushed, err := push(ctx, folder)
			if err != nil {
				return err
			}
			fmt.Println(pushed)
		}
		return nil
	default:
		return fmt.Errorf("there is no verb %q\n%s", verb, usage)
	}
}

func buildCommand(ctx context.Context, args []string) error {
	var r release
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.StringVar(&r.root, "root", ".", "the repository")
	flags.StringVar(&r.output, "output", "", "the folder to write to")
	flags.StringVar(&r.version, "version", "", "the version of the images, which is their tag, such as 0.1.0")
	flags.StringVar(&r.revision, "revision", "", "the commit that they are built from")
	created := flags.Int64("created", 0, "when that commit was made, in seconds since 1970")
	flags.StringVar(&r.ldflags, "ldflags", "", "flags of the linker")
	flags.StringVar(&r.toolchain, "toolchain", "", "the Go to compile with, such as local; by default, the Dockerfile's GO_VERSION")
	flags.StringVar(&r.base, "base", "", "an image to build upon, with its digest; by default, one with nothing but certificates and users")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if r.output == "" || r.version == "" {
		return errors.New("-output and -version have to be given")
	}
	r.created = time.Unix(*created, 0).UTC()
	for _, arg := range flags.Args() {
		target, repository, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("%q is not of the form TARGET=REPOSITORY", arg)
		}
		digest, err := r.build(ctx, target, repository)
		if err != nil {
			return fmt.Errorf("cannot build %s: %w", target, err)
		}
		fmt.Printf("%s:%s@%s\n", repository, r.version, digest)
	}
	return nil
}
