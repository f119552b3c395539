package documented

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	cliflag "k8s.io/component-base/cli/flag"

	plugin "glusterfs-provisioner/cmd/glusterfs-csi-node/app"
	host "glusterfs-provisioner/cmd/glusterfs-host/app"
	provisioner "glusterfs-provisioner/cmd/glusterfs-provisioner/app"
	keeper "glusterfs-provisioner/cmd/heketi-keeper/app"
	"glusterfs-provisioner/test/bench"
)

var (
	target     = regexp.MustCompile(`(?m)^([a-z0-9.-]+):`)
	ownMetric  = regexp.MustCompile(`\b(?:glusterfs_provisioner|glusterfs_csi_node|glusterfs_host|heketi_keeper)_[a-z_]+`)
	askedEvent = regexp.MustCompile(`\breason=([A-Za-z]+)`)
)

// TestTargetsInDocsExist looks for what "make" is told in the Makefile.
func TestTargetsInDocsExist(t *testing.T) {
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, found := range target.FindAllStringSubmatch(string(makefile), -1) {
		targets[found[1]] = true
	}
	for page, commands := range Commands(t, "make") {
		for _, arguments := range commands {
			for _, argument := range arguments {
				if !strings.ContainsAny(argument, "=$^'") && !targets[argument] {
					t.Errorf("%s says make %q, which is no target", page, argument)
				}
			}
		}
	}
}

// TestMetricsInDocsExist holds what pages have of our metrics against docs/metrics.md, which is
// held against what is exported.
func TestMetricsInDocsExist(t *testing.T) {
	rows := map[string]map[string]string{}
	for _, row := range Table(t, "metrics.md", "metric", "type", "labels", "who", "what it tells") {
		for _, name := range Words(row["metric"]) {
			rows[name] = row
		}
	}
	for page, text := range Pages(t) {
		for _, metric := range ownMetric.FindAllString(text, -1) {
			of := metric
			for _, part := range []string{"_bucket", "_count", "_sum"} { // of a histogram
				of = strings.TrimSuffix(of, part)
			}
			if !strings.HasSuffix(metric, "_") && nameIn(rows, metric) == "" && nameIn(rows, of) == "" {
				t.Errorf("%s has the metric %s, which docs/metrics.md does not tell of", page, metric)
			}
		}
	}
}

// TestEventsInDocsExist holds the events that commands ask for against docs/events.md, which is held
// against the code.
func TestEventsInDocsExist(t *testing.T) {
	reasons := map[string]bool{}
	for _, head := range [][]string{
		{"reason", "type", "object", "what it means", "what to do"},
		{"reason", "type", "object", "who", "what it means"},
	} {
		for _, row := range Table(t, "events.md", head...) {
			for _, reason := range Words(row["reason"]) {
				reasons[reason] = true
			}
		}
	}
	for page, text := range Pages(t) {
		for _, asked := range askedEvent.FindAllStringSubmatch(text, -1) {
			if !reasons[asked[1]] {
				t.Errorf("%s asks for events of the reason %s, which docs/events.md does not tell of", page, asked[1])
			}
		}
	}
}

var ownFlag = regexp.MustCompile("`--([a-z-]+)[`=]")

// TestFlagsInRunbooksExist holds the flags that runbooks name outside of commands against those of
// the programs that run in pods.
func TestFlagsInRunbooksExist(t *testing.T) {
	groups := []cliflag.NamedFlagSets{
		provisioner.NewOptions().Flags(), plugin.NewOptions().Flags(), host.NewOptions().Flags(), keeper.NewOptions().Flags(),
	}
	isFlag := func(name string) bool {
		return slices.ContainsFunc(groups, func(group cliflag.NamedFlagSets) bool {
			for _, flags := range group.FlagSets {
				if flags.Lookup(name) != nil {
					return true
				}
			}
			return false
		})
	}
	for page, text := range Pages(t) {
		if !strings.HasPrefix(page, filepath.Join("docs", "runbooks")) {
			continue
		}
		for _, flag := range ownFlag.FindAllStringSubmatch(text, -1) {
			if !isFlag(flag[1]) {
				t.Errorf("%s names --%s, which is no flag of a program that runs in a pod", page, flag[1])
			}
		}
	}
}
