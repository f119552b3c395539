package monitoring

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// rootOf returns the repository's root.
func rootOf(t *testing.T) string {
	t.Helper()
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// read returns a file, named from the repository's root.
func read(t *testing.T, elements ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{rootOf(t)}, elements...)...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// rulesOf returns the alerts.
func rulesOf(t *testing.T) Rules {
	t.Helper()
	rules, err := ParseRules(read(t, Folder, RulesFile))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// TestFilesAreAsMade has the PrometheusRule and the dashboard be what their sources make.
func TestFilesAreAsMade(t *testing.T) {
	t.Parallel()
	made, err := Made(t.Context(), rootOf(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range made {
		if !bytes.Equal(read(t, Folder, name), want) {
			t.Errorf("%s/%s is not as its sources make it: run \"make monitoring-files\"", Folder, name)
		}
	}
}

// TestBothFormsHaveTheSameAlerts reads the PrometheusRule as the operator does.
func TestBothFormsHaveTheSameAlerts(t *testing.T) {
	t.Parallel()
	var object struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       Rules          `json:"spec"`
	}
	if err := yaml.UnmarshalStrict(read(t, Folder, RuleObject), &object); err != nil {
		t.Fatal(err)
	}
	if rules := rulesOf(t); !reflect.DeepEqual(object.Spec, rules) || len(rules.All()) == 0 {
		t.Errorf("%s and %s have other alerts", RuleObject, RulesFile)
	}
}

// monitor is as much of a PodMonitor as ours have.
type monitor struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		Endpoints []struct {
			Port        string `json:"port"`
			Interval    string `json:"interval"`
			HonorLabels bool   `json:"honorLabels"`
			Relabelings []struct {
				SourceLabels []string `json:"sourceLabels"`
				TargetLabel  string   `json:"targetLabel"`
			} `json:"relabelings"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

// podsByApp returns what the Deployments and the DaemonSets make pods of, by namespace and the name of the app.
func podsByApp(t *testing.T) map[types.NamespacedName]v1.PodTemplateSpec {
	t.Helper()
	pods := map[types.NamespacedName]v1.PodTemplateSpec{}
	add := func(namespace string, template v1.PodTemplateSpec) {
		pods[types.NamespacedName{Namespace: namespace, Name: template.Labels[appLabel]}] = template
	}
	for _, document := range slices.Concat(documents(read(t, "deploy", "20-deployment.yaml")), documents(read(t, "deploy", "heketi", "30-deployment.yaml"))) {
		var deployment appsv1.Deployment
		if yaml.Unmarshal(document, &deployment) == nil && deployment.Kind == "Deployment" {
			add(deployment.Namespace, deployment.Spec.Template)
		}
	}
	for _, folder := range []string{"csi", "glusterfs"} {
		var set appsv1.DaemonSet
		if err := yaml.UnmarshalStrict(read(t, "deploy", folder, "30-daemonset.yaml"), &set); err != nil {
			t.Fatal(err)
		}
		add(set.Namespace, set.Spec.Template)
	}
	return pods
}

const appLabel = "app.kubernetes.io/name"

// TestMonitorsFindThePods has a PodMonitor select what the Deployments and the DaemonSets make, by
// ports that they name.
func TestMonitorsFindThePods(t *testing.T) {
	t.Parallel()
	pods := podsByApp(t)
	monitors := slices.Concat(documents(read(t, Folder, MonitorsFile)), documents(read(t, Folder, KeeperMonitor)), documents(read(t, Folder, HostMonitor)))
	if len(pods) != 4 || len(monitors) != len(pods) {
		t.Fatalf("there are %d monitors for the pods of %d apps", len(monitors), len(pods))
	}
	for _, document := range monitors {
		var m monitor
		if err := yaml.UnmarshalStrict(document, &m); err != nil {
			t.Fatal(err)
		}
		if want := map[string]string{appLabel: m.Metadata.Name}; !maps.Equal(m.Spec.Selector.MatchLabels, want) {
			t.Errorf("%s selects %v, want %v", m.Metadata.Name, m.Spec.Selector.MatchLabels, want)
		}
		template, found := pods[types.NamespacedName{Namespace: m.Metadata.Namespace, Name: m.Metadata.Name}]
		if !found {
			t.Errorf("nothing makes pods for %s in the namespace %s", m.Metadata.Name, m.Metadata.Namespace)
		}
		for _, endpoint := range m.Spec.Endpoints {
			if !hasPort(template, endpoint.Port) {
				t.Errorf("the pods that %s selects have no port %q", m.Metadata.Name, endpoint.Port)
			}
			relabeling := endpoint.Relabelings[0]
			if relabeling.TargetLabel != "node" || !slices.Equal(relabeling.SourceLabels, []string{"__meta_kubernetes_pod_node_name"}) {
				t.Errorf("%s does not name the node", m.Metadata.Name)
			}
		}
	}
}

func hasPort(template v1.PodTemplateSpec, name string) bool {
	return slices.ContainsFunc(template.Spec.Containers, func(c v1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(p v1.ContainerPort) bool { return p.Name == name })
	})
}

// TestScrapeJobsFindThePods has the jobs for a Prometheus without the operator keep the same pods, each in one job.
func TestScrapeJobsFindThePods(t *testing.T) {
	t.Parallel()
	var scrape struct {
		Jobs []struct {
			Name    string `json:"job_name"`
			Finding []struct {
				Namespaces struct {
					Names []string `json:"names"`
				} `json:"namespaces"`
			} `json:"kubernetes_sd_configs"`
			Relabeling []struct {
				Action string `json:"action"`
				Regex  string `json:"regex"`
			} `json:"relabel_configs"`
		} `json:"scrape_configs"`
	}
	if err := yaml.Unmarshal(read(t, Folder, ScrapeFile), &scrape); err != nil {
		t.Fatal(err)
	}
	for pod, template := range podsByApp(t) {
		if !hasPort(template, "http") {
			t.Errorf("the pods of %s have no port http", pod)
		}
		jobs := 0
		for _, job := range scrape.Jobs {
			if len(job.Finding) == 0 || !slices.Contains(job.Finding[0].Namespaces.Names, pod.Namespace) {
				continue
			}
			keep := job.Relabeling[0]
			if keep.Action == "keep" && regexp.MustCompile("^(?:"+keep.Regex+")$").MatchString(pod.Name+";http") {
				jobs++
			}
		}
		if jobs != 1 {
			t.Errorf("%d jobs scrape the pods of %s, want 1", jobs, pod)
		}
	}
}

// documents splits a file of YAML.
func documents(text []byte) [][]byte {
	return bytes.Split(text, []byte("\n---\n"))
}

// sections are what each runbook has.
var sections = []string{"Meaning", "Who is hurt", "Look", "Mend", "Prevent"}

// TestEachAlertHasARunbook pairs alerts with the pages that their runbook_url names, both ways.
func TestEachAlertHasARunbook(t *testing.T) {
	t.Parallel()
	pages := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(rootOf(t), "docs", "runbooks", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		// TestTranslationsFollow holds those in other languages against these.
		if page := strings.TrimSuffix(filepath.Base(file), ".md"); !strings.Contains(page, ".") {
			pages[page] = true
		}
	}
	doc := string(read(t, "docs", "monitoring.md"))
	alerts := map[string]bool{}
	for _, rule := range rulesOf(t).All() {
		alerts[rule.Alert] = true
		if !pages[rule.Alert] {
			t.Errorf("docs/runbooks has no page for %s", rule.Alert)
		}
		if want := "/docs/runbooks/" + rule.Alert + ".md"; !strings.HasSuffix(rule.Annotations["runbook_url"], want) {
			t.Errorf("the runbook_url of %s does not end in %s", rule.Alert, want)
		}
		if !strings.Contains(doc, "| ["+rule.Alert+"](runbooks/"+rule.Alert+".md) | ") {
			t.Errorf("docs/monitoring.md does not list %s", rule.Alert)
		}
		for _, annotation := range []string{"summary", "description"} {
			if rule.Annotations[annotation] == "" {
				t.Errorf("%s has no %s", rule.Alert, annotation)
			}
		}
		if severity := rule.Labels["severity"]; !slices.Contains([]string{"info", "warning", "critical"}, severity) {
			t.Errorf("%s has the severity %q", rule.Alert, severity)
		}
	}
	for page := range pages {
		if !alerts[page] {
			t.Errorf("docs/runbooks/%s.md is of no alert", page)
		}
		text := string(read(t, "docs", "runbooks", page+".md"))
		for _, section := range sections {
			if !strings.Contains(text, "\n## "+section+"\n\n") {
				t.Errorf("docs/runbooks/%s.md has no section %q", page, section)
			}
		}
	}
}
