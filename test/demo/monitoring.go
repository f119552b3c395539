package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/monitoring"
)

const (
	// measured is how many claims are made for Prometheus to see.
	measured = 10
	// timesRow is the row of the dashboard that is shown, and rateInterval what its rates are taken over.
	timesRow     = "Claims"
	rateInterval = "1m"
)

var servingAt = regexp.MustCompile(`Serving .* address="([^"]+)"`)

// monitor starts a Prometheus, makes some claims, and prints what the dashboard would show of
// them.
func (s *stage) monitor(ctx context.Context) error {
	s.say("Starting Prometheus, which reads the provisioner and heketi")
	if err := s.startPrometheus(ctx); err != nil {
		return err
	}
	s.say(fmt.Sprintf("Making %d claims more, under other names", measured))
	for i := range measured {
		if err := s.apply(ctx, "claim.yaml", "name: pictures", fmt.Sprintf("name: pictures-%d", i)); err != nil {
			return err
		}
	}
	bound := strings.TrimSpace(strings.Repeat("Bound ", measured+1))
	if err := s.waitFor(ctx, bound, "get", "pvc", "-o", "jsonpath={.items[*].status.phase}"); err != nil {
		return err
	}
	s.say("What the dashboard's row \"" + timesRow + "\" shows of them, see docs/monitoring.md")
	text, err := os.ReadFile(filepath.Join(s.root, monitoring.Folder, monitoring.DashboardFile))
	if err != nil {
		return err
	}
	queries, err := monitoring.QueriesOf(text)
	if err != nil {
		return err
	}
	for _, query := range queries {
		if query.Row != timesRow {
			continue
		}
		if err := s.answer(ctx, query); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "\nPrometheus answers at %s/api/v1/query\n", s.prometheus.URL())
	return nil
}

// startPrometheus starts one, and waits until it has read both.
func (s *stage) startPrometheus(ctx context.Context) error {
	serving := servingAt.FindStringSubmatch(s.provisioner.Output())
	if serving == nil {
		return errors.New("the provisioner's log does not say where it serves")
	}
	job := func(name, address string, labels map[string]string) map[string]any {
		return map[string]any{"job_name": name, "static_configs": []any{map[string]any{"targets": []string{address}, "labels": labels}}}
	}
	config, err := yaml.Marshal(map[string]any{
		"global": map[string]any{"scrape_interval": "1s"},
		"scrape_configs": []any{
			job("glusterfs-provisioner", serving[1], map[string]string{"namespace": namespace, "pod": "glusterfs-provisioner-demo"}),
			job("heketi", strings.TrimPrefix(s.heketi.URL(), "http://"), nil),
		},
	})
	if err != nil {
		return err
	}
	if s.prometheus, err = bench.StartPrometheus(ctx, bench.PrometheusOptions{Root: s.root, Config: config, Log: s.out}); err != nil {
		return err
	}
	return bench.Until(ctx, patience, func(ctx context.Context) error {
		up, err := s.prometheus.Query(ctx, "up == 1")
		if err == nil && len(up) < 2 {
			err = fmt.Errorf("Prometheus reads %d of 2", len(up))
		}
		return err
	})
}

// answer prints a query and, as soon as there are any, the numbers that it gives.
func (s *stage) answer(ctx context.Context, query monitoring.Query) error {
	fmt.Fprintf(s.out, "\n%s\n  %s\n", query.Panel, query.Expr)
	var samples []bench.Sample
	err := bench.Until(ctx, patience, func(ctx context.Context) (err error) {
		samples, err = s.prometheus.Query(ctx, query.Everywhere(rateInterval))
		if err == nil && !anyNumber(samples) {
			err = fmt.Errorf("there are no data yet for %s", query.Expr)
		}
		return err
	})
	if err != nil {
		return err
	}
	shown := slices.DeleteFunc(samples, func(sample bench.Sample) bool { return sample.Value == 0 })
	for _, sample := range shown {
		fmt.Fprintf(s.out, "  %8.3g  %s\n", sample.Value, labelsOf(sample))
	}
	if len(shown) == 0 {
		fmt.Fprintln(s.out, "         0")
	}
	return nil
}

func anyNumber(samples []bench.Sample) bool {
	for _, sample := range samples {
		if !math.IsNaN(sample.Value) {
			return true
		}
	}
	return false
}

// labelsOf are the labels' values; the dashboard's queries leave few.
func labelsOf(sample bench.Sample) string {
	var values []string
	for label, value := range sample.Labels {
		values = append(values, label+"="+value)
	}
	return strings.Join(values, " ")
}
