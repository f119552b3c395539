package monitoring

import (
	"testing"
	"time"
)

// TestFaster has only the times of rules be shortened.
func TestFaster(t *testing.T) {
	t.Parallel()
	pace := Pace{WindowsBy: 60, MinWindow: 15 * time.Second, MaxWindow: time.Minute, For: 3 * time.Second, AgesBy: 180}
	for expr, want := range map[string]string{
		"max(a) > 15 * 60":                       "max(a) > 5",
		"max(a) > 1 * 3600":                      "max(a) > 20",
		"abs(skew) > 1 * 60":                     "abs(skew) > 1 * 60",
		"max(until) - time() < 14 * 86400":       "max(until) - time() < 14 * 86400",
		"increase(a[15m]) > 3":                   "increase(a[15s]) > 3",
		"rate(a[30m]) > 0 unless a offset 1d":    "rate(a[30s]) > 0 unless a offset 60s",
		`sum by (node) (a{health!~"x|y"}) > 0.1`: `sum by (node) (a{health!~"x|y"}) > 0.1`,
	} {
		if got := pace.expression(expr); got != want {
			t.Errorf("%s became %s, want %s", expr, got, want)
		}
	}
	rules := Rules{Groups: []Group{{Rules: []Rule{{Alert: "A", Expr: "a > 0", For: "1d"}, {Alert: "B", Expr: "b > 0"}}}}}
	for _, rule := range rules.Faster(pace).All() {
		if rule.For != "" && rule.For != "3s" {
			t.Errorf("%s waits for %s", rule.Alert, rule.For)
		}
	}
}
