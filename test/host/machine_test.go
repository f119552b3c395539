package host

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/provisioner/glusterxml"
	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// soon is how long anything may take on a busy machine.
const soon = 2 * time.Minute

// machine is a host on which glusterfs-host runs, as it does in a container that shares the host's processes and network.
type machine struct{ *gluster.Host }

// command is that of glusterfs-host, with further flags.
func (m machine) command(flags ...string) string {
	return strings.Join(append([]string{
		"timeout", "300", filepath.Join(env.root, "bin", "glusterfs-host"), "run", "--node-name=" + m.Name(),
		"--lvm-wrapper=/run/bin/lvm-wrapper", "--image-files=/run/image", "--device-wait=1s", "--survey-interval=1s", "--mount-interval=2s", "--log-size-mib=1",
	}, flags...), " ")
}

// launch starts glusterfs-host.
func (m machine) launch(ctx context.Context, flags ...string) error {
	// Of the machine's package, which the hosts' own folder hides.
	_, err := m.Run(ctx, "mkdir -p /run/image/hooks /run/image/groups; echo image > /run/image/groups/virt")
	if err != nil {
		return err
	}
	_, err = m.Run(ctx, "setsid --fork "+strings.TrimPrefix(m.command(flags...), "timeout 300 ")+" >> /var/log/glusterfs/glusterfs-host.log 2>&1 < /dev/null")
	return err
}

// start starts glusterfs-host and waits until it is ready.
func (m machine) start(t *testing.T, flags ...string) {
	t.Helper()
	if err := m.launch(t.Context(), flags...); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, m.ready)
}

// end ends glusterfs-host by SIGTERM, and waits until it has ended.
func (m machine) end(t *testing.T) {
	t.Helper()
	m.run(t, "pkill -TERM -x glusterfs-host")
	bench.Eventually(t, soon, func(ctx context.Context) error {
		if left, err := m.Run(ctx, "pgrep -x glusterfs-host || true"); err != nil || left != "" {
			return fmt.Errorf("glusterfs-host still runs: %s (%w)", left, err)
		}
		return nil
	})
}

// run runs a command on the host, which has to succeed.
func (m machine) run(t *testing.T, command string) string {
	t.Helper()
	output, err := m.Run(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(output)
}

// fails runs glusterfs-host, which has to end by itself and to say something.
func (m machine) fails(t *testing.T, flags []string, says ...string) {
	t.Helper()
	output := m.run(t, m.command(flags...)+" 2>&1; echo status $?")
	for _, want := range append(says, "status 1") {
		if !strings.Contains(output, want) {
			t.Errorf("it does not say %q: %s", want, output)
		}
	}
}

// ask asks one of the endpoints.
func (m machine) ask(ctx context.Context, path string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Address()+":29608"+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// ready tells whether the host says that all is well.
func (m machine) ready(ctx context.Context) error {
	status, body, err := m.ask(ctx, "/readyz")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s is not ready: %s", m.Name(), body)
	}
	return err
}

// waitNotReady waits until the host says that something is wrong, and what.
func (m machine) waitNotReady(t *testing.T, says ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		status, body, err := m.ask(ctx, "/readyz")
		if err != nil {
			return err
		}
		for _, want := range says {
			if status != http.StatusServiceUnavailable || !strings.Contains(body, want) {
				return fmt.Errorf("/readyz answers %d and does not say %q: %s", status, want, body)
			}
		}
		return nil
	})
}

// waitMetric waits until the host exports a line.
func (m machine) waitMetric(t *testing.T, line string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, body, err := m.ask(ctx, "/metrics")
		if err == nil && !strings.Contains(body, "\n"+line+"\n") {
			err = fmt.Errorf("there is no %s", line)
		}
		return err
	})
}

// brick is the process of the volume's brick.
func (m machine) brick(t *testing.T) string {
	t.Helper()
	return m.run(t, "pgrep -x glusterfsd")
}

// everyClientReachesEveryBrick fails unless all bricks of the volume have the same clients, of which there are some.
func (m machine) everyClientReachesEveryBrick(ctx context.Context) error {
	printed, err := m.Run(ctx, "gluster --mode=script volume status "+volume+" clients")
	if err != nil {
		return err
	}
	bricks, err := glusterxml.ReadClients([]byte(printed))
	if err != nil {
		return err
	}
	if len(bricks) != len(env.machines) {
		return fmt.Errorf("%d bricks tell of their clients: %s", len(bricks), printed)
	}
	for _, brick := range bricks {
		if len(brick.Clients) != len(bricks[0].Clients) || len(brick.Clients) == 0 {
			return fmt.Errorf("brick %s has %d clients, and brick %s has %d", brick.Brick, len(brick.Clients), bricks[0].Brick, len(bricks[0].Clients))
		}
	}
	return nil
}

// mounts are what is mounted of bricks.
func (m machine) mounts(t *testing.T) []string {
	t.Helper()
	return strings.Fields(m.run(t, "awk '$2 ~ \"^/var/lib/heketi/mounts/\" { print $2 }' /proc/mounts"))
}

// expectNothing fails unless there is no process of GlusterFS and no mount of a brick.
func (m machine) expectNothing(t *testing.T) {
	t.Helper()
	if left := m.run(t, "pgrep -l '^gluster' || true"); left != "" {
		t.Errorf("processes are left: %s", left)
	}
	if left := m.mounts(t); len(left) > 0 {
		t.Errorf("bricks are left mounted: %s", left)
	}
}
