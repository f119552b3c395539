package chart

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// TestEachValueIsUsed changes each value of values.yaml, and has the chart make something else of
// each.
func TestEachValueIsUsed(t *testing.T) {
	h := newHelmer(t)
	text, err := os.ReadFile(filepath.Join(h.chart, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	// What is off by default has values that change something when it is on.
	byDefault := map[string]map[string]any{}
	for _, on := range []string{"", "networkPolicy.enabled=true,glusterfs.enabled=true,heketi.enabled=true", "heketi.enabled=true,heketi.executor=ssh"} {
		byDefault[on] = byName(h.render(t, "--set="+on))
	}
	for name, value := range leaves("", values) {
		changed, err := yaml.Marshal(nested(name, another(name, value)))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "values.yaml")
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		used := false
		for on, objects := range byDefault {
			used = used || !reflect.DeepEqual(byName(h.render(t, "--values="+file, "--set="+on)), objects)
		}
		if !used {
			t.Errorf("the value %s changes nothing", name)
		}
	}
}

// leaves are the values below one, by their names.
func leaves(name string, value any) map[string]any {
	name = strings.TrimPrefix(name, ".")
	members, ok := value.(map[string]any)
	if _, known := sampleOf(name); known || !ok {
		return map[string]any{name: value}
	}
	all := map[string]any{}
	for key, member := range members {
		maps.Copy(all, leaves(name+"."+key, member))
	}
	return all
}

// nested is a value in the place that its name says.
func nested(name string, value any) map[string]any {
	key, rest, more := strings.Cut(name, ".")
	if !more {
		return map[string]any{key: value}
	}
	return map[string]any{key: nested(rest, value)}
}

// items are something that a value may have, where it is empty by default or has to be of a form.
var items = map[string]any{
	"global.imagePullSecrets":      []any{map[string]any{"name": "registry"}},
	"provisioner.name":             "example.com/glusterfs",
	"provisioner.affinity":         map[string]any{"nodeAffinity": map[string]any{}},
	"extraObjects":                 []any{map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "more"}}},
	"storageClasses":               []any{map[string]any{"name": "gold", "parameters": map[string]any{"gidMin": 2000000}}},
	"heketiSecrets":                []any{map[string]any{"name": "heketi", "key": "secret"}},
	"rbac.secretNamespaces":        []any{"storage"},
	"node.client":                  "container",
	"networkPolicy.metricsFrom":    []any{map[string]any{"podSelector": map[string]any{}}},
	"networkPolicy.apiServerPorts": []any{16443},
	"networkPolicy.heketi.ports":   []any{18080},
	"networkPolicy.heketi.cidrs":   []any{"10.0.0.7/32"},
	"glusterfs.skipChecks":         []any{"left-overs"},
	"heketi.executor":              "ssh",
	"heketi.settings":              map[string]any{"loglevel": "debug"},
}

// forms are likewise, by the end of the name.
var forms = map[string]any{
	".digest": "sha256:" + strings.Repeat("a", 64), ".pullPolicy": "Always", ".format": "text",
	".extraArgs": []any{"--more"}, ".extraEnv": []any{map[string]any{"name": "MORE", "value": "1"}},
	".tolerations": []any{map[string]any{"key": "storage"}}, ".resources": map[string]any{"requests": map[string]any{"cpu": "1"}},
	".nodeSelector": map[string]any{"disk": "ssd"}, ".podAnnotations": map[string]any{"more": "1"}, ".podLabels": map[string]any{"more": "1"},
}

func sampleOf(name string) (sample any, known bool) {
	if item, ok := items[name]; ok {
		return item, true
	}
	for end, form := range forms {
		if strings.HasSuffix(name, end) {
			return form, true
		}
	}
	return nil, false
}

// another is a value that is not the one by default.
func another(name string, value any) any {
	if sample, known := sampleOf(name); known {
		return sample
	}
	switch value := value.(type) {
	case string:
		return value + "x"
	case bool:
		return !value
	case float64:
		return value + 1
	}
	panic(fmt.Sprintf("no other value is known for %s", name))
}

// TestLint has helm look at the chart itself.
func TestLint(t *testing.T) {
	for _, version := range []bench.Helm{bench.Helm3, bench.Helm4} {
		h := newHelmerOf(t, version)
		if said, err := h.run(t.Context(), "lint", "--strict", h.chart); err != nil {
			t.Errorf("helm %s: %s: %v", version, said, err)
		}
	}
}

// TestWrongValuesAreRefused has helm say what is wrong, by the chart's schema.
func TestWrongValuesAreRefused(t *testing.T) {
	h := newHelmer(t)
	for set, want := range map[string]string{
		"provisioner.replica=3":                                 "replica",
		"provisioner.replicas=many":                             "replicas",
		"node.client=Host":                                      "client",
		"node.kubeletDir=var/lib/kubelet":                       "kubeletDir",
		"node.image.digest=abc":                                 "digest",
		"storageClasses[0].name=a":                              "parameters",
		"storageClasses[0].reclaimPolicy=Recycle":               "reclaimPolicy",
		"heketiSecrets[0].name=a":                               "key",
		"rbac.secretNamespaces=all":                             "secretNamespaces",
		"provisioner.name=glusterfs":                            "name",
		"provisioner.logging.verbosity=11":                      "verbosity",
		"nodes.enabled=false":                                   "nodes",
		"provisioner.extraArgs[0]=audit-interval=0":             "extraArgs",
		"networkPolicy.apiServerPorts={https}":                  "apiServerPorts",
		"glusterfs.skipChecks={leftovers}":                      "skipChecks",
		"heketi.executor=mock":                                  "executor",
		"heketi.enabled=true,heketi.settings.executor=ssh":      "set heketi.executor",
		"heketi.keysSecret=":                                    "keysSecret",
		"extraObjects[0].kind=GlusterCluster":                   "kubectl",
		"heketi.enabled=true,glusterfs.namespace=glusterfs-csi": "node.createNamespace",
	} {
		if _, err := h.run(t.Context(), "template", release, h.chart, "--set="+set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want one about %s", set, err, want)
		}
	}
	// A chart that has this one as a part may say so, and give values to all of its parts.
	if _, err := h.run(t.Context(), "template", release, h.chart, "--set=enabled=true,global.theirs=1"); err != nil {
		t.Error(err)
	}
}
