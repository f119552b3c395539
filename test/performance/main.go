package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"glusterfs-provisioner/test/performance/report"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "performance:", err)
		return 1
	}
	return 0
}

// settings are what the flags set.
type settings struct {
	scale bool
	only  *regexp.Regexp
	list  bool
	write string
	sizes sizes
	// profiles is a folder for the provisioner's profiles, or empty.
	profiles string
	// flags are further flags of the provisioner.
	flags []string
}

func parse(args []string) (settings, error) {
	s := settings{sizes: fullSizes}
	flags := flag.NewFlagSet("performance", flag.ExitOnError)
	flags.BoolVar(&s.scale, "scale", false, "measure the provisioner among many volumes instead of under load")
	only := flags.String("only", "", "regular expression of the lines to measure, such as ^burst/ours; all by default")
	flags.BoolVar(&s.list, "list", false, "print the names of the lines and measure nothing")
	flags.StringVar(&s.write, "write", "", "Markdown file whose generated part is replaced, besides printing it")
	flags.IntVar(&s.sizes.burst, "burst", s.sizes.burst, "how many claims most lines make at once")
	flags.IntVar(&s.sizes.many, "many", s.sizes.many, "how many claims the lines with many claims make at once")
	flags.IntVar(&s.sizes.idle, "idle", s.sizes.idle, "how many claims the idle lines make, one after the other")
	flags.IntVar(&s.sizes.runs, "runs", s.sizes.runs, "how often the lines that are over soon are repeated")
	flags.StringVar(&s.profiles, "profiles", "", "folder to write the provisioner's CPU and heap profiles to; profiling slows it")
	flags.Func("flag", "further flag of the provisioner, such as -flag=--worker-threads=50; may be repeated", func(value string) error {
		s.flags = append(s.flags, value)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	var err error
	if s.only, err = regexp.Compile(*only); err != nil {
		return s, fmt.Errorf("-only: %w", err)
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected arguments %q", flags.Args())
	}
	return s, nil
}

func measure(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	plan, render, part := loadLines(s.sizes), renderLoad, "load"
	if s.scale {
		plan, render, part = scaleLines(), renderScale, "scale"
	}
	if s.list {
		for _, line := range plan {
			fmt.Println(line.name())
		}
		return nil
	}
	begun := time.Now()
	machine, err := report.ThisMachine(ctx)
	if err != nil {
		return err
	}
	b, err := newBencher(ctx, s)
	if err != nil {
		return err
	}
	if err := b.measureAll(ctx, plan); err != nil {
		return err
	}
	text := render(b.results, report.Header{Machine: machine, Begun: begun, Took: time.Since(begun)})
	fmt.Println(text)
	if s.write == "" {
		return nil
	}
	return report.Replace(s.write, part, text)
}
