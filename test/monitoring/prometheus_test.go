package monitoring

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// pace is how much sooner the alerts fire here.
var pace = Pace{WindowsBy: 60, MinWindow: 15 * time.Second, MaxWindow: time.Minute, For: 5 * time.Second, AgesBy: 180}

// evaluationInterval is how often the rules are evaluated.
const evaluationInterval = time.Second

// prometheus starts a Prometheus with the alerts, made faster, and with the scrape jobs of the
// file for those without the operator. They find the pods by the API server; of what they say only
// how often to scrape and heketi's addresses are replaced.
func (s *stage) prometheus(t *testing.T, heketis ...*bench.Heketi) *bench.Prometheus {
	t.Helper()
	rules := filepath.Join(s.logs, "rules.yaml")
	write(t, rules, must[[]byte](t)(yaml.Marshal(rulesOf(t).Faster(pace))))
	var scrape struct {
		Configs []map[string]any `json:"scrape_configs"`
	}
	if err := yaml.UnmarshalStrict(read(t, Folder, ScrapeFile), &scrape); err != nil {
		t.Fatal(err)
	}
	for _, job := range scrape.Configs {
		job["scrape_interval"] = "1s"
		found, _ := job["kubernetes_sd_configs"].([]any)
		for _, where := range found {
			where.(map[string]any)["kubeconfig_file"] = s.cluster.Kubeconfig()
		}
		if job["job_name"] == "heketi" {
			var targets []string
			for _, heketi := range heketis {
				targets = append(targets, strings.TrimPrefix(heketi.URL(), "http://"))
			}
			job["static_configs"] = []any{map[string]any{"targets": targets}}
		}
	}
	jobs := filepath.Join(s.logs, "scrape.yaml")
	write(t, jobs, must[[]byte](t)(yaml.Marshal(scrape)))
	config := must[[]byte](t)(yaml.Marshal(map[string]any{
		"global":              map[string]any{"evaluation_interval": evaluationInterval.String()},
		"rule_files":          []string{rules},
		"scrape_config_files": []string{jobs},
	}))
	prometheus := must[*bench.Prometheus](t)(bench.StartPrometheus(t.Context(), bench.PrometheusOptions{Config: config, LogDir: s.logs}))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of Prometheus:\n%s", tail(prometheus.Output()))
		}
		if err := prometheus.Stop(); err != nil {
			t.Error(err)
		}
	})
	return prometheus
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// waitScraped waits until Prometheus has so many targets of a job, and reads all of them.
func waitScraped(t *testing.T, prometheus *bench.Prometheus, job string, count int) {
	t.Helper()
	bench.Eventually(t, patience, func(ctx context.Context) error {
		up, err := prometheus.Query(ctx, `up{job="`+job+`"} == 1`)
		if err == nil && len(up) != count {
			err = fmt.Errorf("Prometheus reads %d targets of %s, want %d", len(up), job, count)
		}
		return err
	})
}

// waitCalm waits until somebody leads, and all rules that are evaluated find nothing.
func waitCalm(t *testing.T, prometheus *bench.Prometheus) {
	t.Helper()
	bench.Eventually(t, patience, func(ctx context.Context) error {
		leaders, err := prometheus.Query(ctx, "glusterfs_provisioner_leader == 1")
		if err == nil && len(leaders) != 1 {
			err = fmt.Errorf("%d replicas lead", len(leaders))
		}
		if err != nil {
			return err
		}
		alerts, err := prometheus.Alerts(ctx)
		if err == nil && len(alerts) > 0 {
			err = fmt.Errorf("%d alerts are pending or fire, such as %v", len(alerts), alerts[0])
		}
		return err
	})
}

// fired are the alerts that have fired so far, by name and severity.
type fired struct {
	mu  sync.Mutex
	all map[string]bench.Alert
}

// watch looks again and again which alerts fire, until the test ends.
func watch(t *testing.T, prometheus *bench.Prometheus) *fired {
	t.Helper()
	f := &fired{all: map[string]bench.Alert{}}
	var done sync.WaitGroup
	done.Go(func() {
		for t.Context().Err() == nil {
			if alerts, err := prometheus.Alerts(t.Context()); err == nil {
				f.note(alerts)
			}
			select {
			case <-t.Context().Done():
			case <-time.After(evaluationInterval / 2):
			}
		}
	})
	t.Cleanup(done.Wait)
	return f
}

func (f *fired) note(alerts []bench.Alert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, alert := range alerts {
		if key := alert.Labels["alertname"] + " " + alert.Labels["severity"]; alert.State == "firing" && f.all[key].State == "" {
			f.all[key] = alert
		}
	}
}

// names are those that have fired, with their severities.
func (f *fired) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.all))
}

// wait waits until all these rules have fired, and looks at what they say.
func (f *fired) wait(t *testing.T, rules []Rule) {
	t.Helper()
	err := bench.UntilEvery(t.Context(), evaluationInterval, patience, func(context.Context) error {
		now := f.names()
		var silent []string
		for _, rule := range rules {
			if key := rule.Alert + " " + rule.Labels["severity"]; !slices.Contains(now, key) {
				silent = append(silent, key)
			}
		}
		if len(silent) > 0 {
			return fmt.Errorf("these have not fired: %q", silent)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range rules {
		for name, text := range f.all[rule.Alert+" "+rule.Labels["severity"]].Annotations {
			if strings.Contains(text, "<no value>") || strings.Contains(text, "<error") || strings.Contains(text, "  ") {
				t.Errorf("the %s of %s is %q", name, rule.Alert, text)
			}
			if name == "description" {
				t.Logf("%s: %s", rule.Alert, text)
			}
		}
	}
}
