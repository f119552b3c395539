package monitoring

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// Folder is where the files are, from the repository's root.
const Folder = "deploy/monitoring"

// Files in the folder.
const (
	// RulesFile has the alerts in Prometheus' own form. RuleObject, for the operator, is made of it.
	RulesFile     = "prometheus/rules.yaml"
	RuleObject    = "prometheusrule.yaml"
	ScrapeFile    = "prometheus/scrape.yaml"
	MonitorsFile  = "podmonitors.yaml"
	KeeperMonitor = "heketi/podmonitor.yaml"
	HostMonitor   = "glusterfs/podmonitor.yaml"
	DashboardFile = "grafana/glusterfs.json"
)

// Rules is a file of rules.
type Rules struct {
	Groups []Group `json:"groups"`
}

// Group is a group of rules that are evaluated one after the other.
type Group struct {
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// Rule is an alert.
type Rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// ParseRules reads a file of rules. It takes no field that it does not know.
func ParseRules(text []byte) (Rules, error) {
	var rules Rules
	if err := yaml.UnmarshalStrict(text, &rules); err != nil {
		return Rules{}, fmt.Errorf("cannot read the rules: %w", err)
	}
	return rules, nil
}

// All returns the rules of all groups.
func (r Rules) All() []Rule {
	var all []Rule
	for _, group := range r.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// RuleObjectOf makes the PrometheusRule of the file of rules.
func RuleObjectOf(rules []byte) []byte {
	const head = `# "make monitoring-files" writes this from prometheus/rules.yaml, which says why each alert is as it is.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: glusterfs-provisioner
  namespace: glusterfs-provisioner
  labels:
    app.kubernetes.io/name: glusterfs-provisioner
spec:
`
	var b strings.Builder
	b.WriteString(head)
	for line := range strings.Lines(string(rules)) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return []byte(b.String())
}

// Pace is how much sooner rules fire that are made faster.
type Pace struct {
	// Windows are at least MinWindow and at most MaxWindow long, and divided by WindowsBy.
	WindowsBy            int
	MinWindow, MaxWindow time.Duration
	// For is what each alert waits for at most.
	For time.Duration
	// AgesBy divides what is compared with the time that something has waited.
	AgesBy int
}

var (
	window = regexp.MustCompile(`(\[|offset )(\d+)([smhd])`)
	// An age is written as a number of minutes or hours. A date is not, but as days, and what is
	// no wait has fewer than five minutes.
	age = regexp.MustCompile(`> (\d+) \* (60|3600)\b`)
)

// longestNoAge is the most seconds that are compared with what is no wait.
const longestNoAge = 5 * 60

// Faster returns the same rules with shorter times, and changes nothing else.
func (r Rules) Faster(pace Pace) Rules {
	var faster Rules
	for _, group := range r.Groups {
		copied := Group{Name: group.Name}
		for _, rule := range group.Rules {
			rule.Expr = pace.expression(rule.Expr)
			if rule.For != "" {
				rule.For = min(pace.For, durationOf(rule.For)).String()
			}
			copied.Rules = append(copied.Rules, rule)
		}
		faster.Groups = append(faster.Groups, copied)
	}
	return faster
}

func (p Pace) expression(expr string) string {
	expr = window.ReplaceAllStringFunc(expr, func(found string) string {
		parts := window.FindStringSubmatch(found)
		length := durationOf(parts[2]+parts[3]) / time.Duration(p.WindowsBy)
		return parts[1] + strconv.Itoa(int(min(max(length, p.MinWindow), p.MaxWindow).Seconds())) + "s"
	})
	return age.ReplaceAllStringFunc(expr, func(found string) string {
		parts := age.FindStringSubmatch(found)
		count, unit := numberOf(parts[1]), numberOf(parts[2])
		if count*unit < longestNoAge {
			return found
		}
		return "> " + strconv.Itoa(count*unit/p.AgesBy)
	})
}

// durationOf reads a duration as Prometheus writes them, of one unit.
func durationOf(text string) time.Duration {
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	number, unit := text[:len(text)-1], text[len(text)-1:]
	return time.Duration(numberOf(number)) * units[unit]
}

// numberOf reads what a regular expression has found to be digits.
func numberOf(digits string) int {
	number, _ := strconv.Atoi(digits)
	return number
}
