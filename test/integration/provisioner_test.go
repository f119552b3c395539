package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

var serial atomic.Int64

// unique returns a name that no other test uses.
func unique(prefix string) string { return fmt.Sprintf("%s-%d", prefix, serial.Add(1)) }

// provisioner is a process under test.
type provisioner struct {
	*bench.Process
	// name is what StorageClasses call it.
	name string
}

// startProvisioner starts a provisioner of a name of its own and waits until it
// leads. At the test's end it has to end in good order.
func startProvisioner(t *testing.T) *provisioner {
	t.Helper()
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	t.Cleanup(func() { p.endWell(t) })
	return p
}

// launch starts a provisioner's process, to be killed at the test's end if it
// still runs.
func launch(t *testing.T, name string, flags ...string) *provisioner {
	t.Helper()
	log := filepath.Join(env.logs, unique("provisioner")+".log")
	arguments := append([]string{
		"--kubeconfig=" + env.kubeconfig, "--namespace=" + ourNamespace, "--provisioner-name=" + name,
		"--http-address=127.0.0.1:0", "--retry-interval-start=200ms", "--retry-interval-max=2s", "--v=2",
	}, flags...)
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: env.binary, Args: arguments, Log: log,
		// A data race ends the process, so that no test passes with one.
		Env: append(os.Environ(), "GORACE=halt_on_error=1 exitcode=66"),
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &provisioner{Process: process, name: name}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
		checkLog(t, p)
		if t.Failed() {
			t.Logf("log of %s:\n%s", name, lastLines(p.Output(), 60))
		}
	})
	return p
}

// gids are the parameters by which the classes of a provisioner have GIDs of their own: those
// of different names do not know of each other's volumes in the making. One with the
// default name is given none.
func (p *provisioner) gids() map[string]string {
	var number int
	if _, err := fmt.Sscanf(p.name, "test.gluster.org/p-%d", &number); err != nil {
		return nil
	}
	first := 100_000_000 + 10_000*number
	return map[string]string{"gidMin": fmt.Sprint(first), "gidMax": fmt.Sprint(first + 9_999)}
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

// waitLeading waits until the process provisions.
func (p *provisioner) waitLeading(t *testing.T) {
	t.Helper()
	bench.Eventually(t, 40*time.Second, func(context.Context) error {
		select {
		case <-p.Ended():
			return bench.Final(fmt.Errorf("the provisioner ended:\n%s", p.Output()))
		default:
		}
		if !strings.Contains(p.Output(), `"Took over"`) {
			return fmt.Errorf("the provisioner does not lead:\n%s", lastLines(p.Output(), 20))
		}
		return nil
	})
}

// endWell ends the process as Kubernetes would, and fails the test if it does
// not end in good order. A process that the test has ended itself is left alone.
func (p *provisioner) endWell(t *testing.T) {
	t.Helper()
	select {
	case <-p.Ended():
		if strings.Contains(p.Output(), "DATA RACE") {
			t.Errorf("data race:\n%s", lastLines(p.Output(), 80))
		}
		return
	default:
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	code, err := p.Wait(ctx)
	if err != nil || code != 0 {
		t.Errorf("after SIGTERM the provisioner ended with %d, %v:\n%s", code, err, lastLines(p.Output(), 80))
	}
}

var servingAt = regexp.MustCompile(`Serving .* address="([^"]+)"`)

// get returns what the process answers at a path of its HTTP endpoint.
func (p *provisioner) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	var found []string
	bench.Eventually(t, soon, func(context.Context) error {
		if found = servingAt.FindStringSubmatch(p.Output()); found == nil {
			return fmt.Errorf("the log does not say where it serves:\n%s", p.Output())
		}
		return nil
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+found[1]+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, read(t, response.Body)
}
