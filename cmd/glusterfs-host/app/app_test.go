package app

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"glusterfs-provisioner/host"
	"glusterfs-provisioner/host/bricks"
)

// TestWrongUsage has one clear message for each thing that is wrong.
func TestWrongUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no verb":        {nil, `glusterfs-host: "" is no command of it`},
		"bad verb":       {[]string{"start"}, `"start" is no command of it`},
		"unknown flag":   {[]string{"run", "--nope"}, "unknown flag: --nope"},
		"an argument":    {[]string{"run", "now"}, `unexpected arguments ["now"]`},
		"bad port":       {[]string{"run", "--last-brick-port=49151"}, "--last-brick-port=49151: must be from 49152 to 65535"},
		"bad interval":   {[]string{"run", "--survey-interval=0"}, "--survey-interval=0s: must be more than 0"},
		"bad wait":       {[]string{"run", "--device-wait=-1s"}, "--device-wait=-1s: must be 0 or more"},
		"bad log size":   {[]string{"run", "--log-size-mib=0"}, "--log-size-mib=0: must be 1 or more"},
		"no image":       {[]string{"run", "--image-files="}, "--image-files is missing"},
		"no LVM":         {[]string{"preflight", "--lvm-wrapper="}, "--lvm-wrapper is missing"},
		"no such check":  {[]string{"preflight", "--skip=modules,module"}, "--skip=module: there is no such check; there are node-name, modules"},
		"bad address":    {[]string{"preflight", "--http-address=29608"}, "--http-address=29608: "},
		"port of a name": {[]string{"preflight", "--http-address=:http"}, "the port is no number"},
	} {
		var stdout, stderr bytes.Buffer
		if status := Main(test.args, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
			t.Errorf("%s: status %d, it says %q and %q, want %q", name, status, stdout.String(), stderr.String(), test.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"preflight", "--help"}} {
		var stdout, stderr bytes.Buffer
		if status := Main(args, &stdout, &stderr); status != 0 || !strings.Contains(stdout.String(), "Usage:") || stderr.Len() > 0 {
			t.Errorf("%q: status %d, it says %q and %q", args, status, stdout.String(), stderr.String())
		}
	}
}

// brick is one that is in a state.
func brick(number int, mounted, started, running bool, problem error) host.BrickState {
	return host.BrickState{
		Brick: bricks.Brick{Volume: "v", Started: started, Path: fmt.Sprintf("/b%d", number)}, Mounted: mounted, Running: running, Problem: problem,
	}
}

func TestReadiness(t *testing.T) {
	down := errors.New("it does not run")
	var many []host.BrickState
	for i := range 12 {
		many = append(many, brick(i, true, true, false, down))
	}
	for name, test := range map[string]struct {
		state *host.State
		// want is what each check says.
		want map[string]string
	}{
		"starting":        {nil, map[string]string{"glusterd": "the host is starting", "bricks": "the host is starting"}},
		"no bricks":       {&host.State{}, nil},
		"all is well":     {&host.State{Bricks: []host.BrickState{brick(1, true, true, true, nil), brick(2, true, false, false, nil)}}, nil},
		"glusterd":        {&host.State{Glusterd: errors.New("it does not answer")}, map[string]string{"glusterd": "it does not answer"}},
		"a brick":         {&host.State{Bricks: []host.BrickState{brick(1, true, true, true, nil), brick(2, true, true, false, down)}}, map[string]string{"bricks": "brick /b2 of volume v: it does not run"}},
		"many bricks":     {&host.State{Bricks: many}, map[string]string{"bricks": "and 2 more"}},
		"half is told":    {&host.State{Unknown: errors.New("cannot tell"), Bricks: many[:1]}, map[string]string{"bricks": "cannot tell\nbrick /b0 of volume v: it does not run"}},
		"nothing is told": {&host.State{Unknown: errors.New("cannot tell")}, map[string]string{"bricks": "cannot tell"}},
	} {
		found := newLatest(time.Second)
		if test.state != nil {
			found.set(*test.state)
		}
		for _, check := range found.checks().Ready {
			err := check.Ask(&http.Request{})
			want := test.want[check.Name]
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s says %v, want %q", name, check.Name, err, want)
			}
		}
		if live := found.checks().Live; len(live) > 0 {
			t.Errorf("the end of the bricks would depend on %v", live)
		}
	}
}

// TestReadinessGrowsStale has nothing been found out for long, as when a disk does not answer.
func TestReadinessGrowsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found := newLatest(10 * time.Second)
		found.set(host.State{})
		for _, want := range []string{"", "has not been looked at for 2m11s"} {
			for _, check := range found.checks().Ready {
				if err := check.Ask(&http.Request{}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%s says %v, want %q", check.Name, err, want)
				}
			}
			time.Sleep(131 * time.Second)
		}
	})
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	state := &host.State{Restarts: 3, Bricks: []host.BrickState{
		brick(1, true, true, true, nil), brick(2, true, false, false, nil), brick(3, true, true, false, errors.New("down")),
		brick(4, false, true, false, errors.New("not mounted")), brick(5, false, false, false, errors.New("not mounted")),
	}}
	registerMetrics(registry, func() (*host.State, time.Time) { return state, time.Unix(7, 0) })
	const want = `# HELP glusterfs_host_bricks Bricks that gluster has on this host: running, stopped with their volume, down, or not_mounted.
# TYPE glusterfs_host_bricks gauge
glusterfs_host_bricks{state="down"} 1
glusterfs_host_bricks{state="not_mounted"} 2
glusterfs_host_bricks{state="running"} 1
glusterfs_host_bricks{state="stopped"} 1
# HELP glusterfs_host_glusterd_restarts_total How often glusterd has died and was started again.
# TYPE glusterfs_host_glusterd_restarts_total counter
glusterfs_host_glusterd_restarts_total 3
# HELP glusterfs_host_glusterd_up 1 if glusterd answers, 0 if not.
# TYPE glusterfs_host_glusterd_up gauge
glusterfs_host_glusterd_up 1
# HELP glusterfs_host_last_survey_timestamp_seconds When glusterd and the bricks were last looked at, in seconds since 1970; 0 if never.
# TYPE glusterfs_host_last_survey_timestamp_seconds gauge
glusterfs_host_last_survey_timestamp_seconds 7
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}
