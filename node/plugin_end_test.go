package node

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
)

// surveyor is this program as a plugin that has its mounts surveyed until it is ended.
const surveyor = "survey"

// runSurveyor surveys what is staged in a kubelet's folder.
func runSurveyor(dir string) int {
	here, err := namespace.Of(os.Getpid())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	service := New(Dependencies{Mounts: mount.New(here, dir, asker), Bounds: Bounds{Answer: time.Second}})
	for {
		volumes, err := service.Survey(context.Background())
		fmt.Println(volumes, err)
	}
}

// TestPluginEndsWhileAClientHangs ends a plugin that has asked a client that hangs.
func TestPluginEndsWhileAClientHangs(t *testing.T) {
	for name, hang := range hangs {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			t.Run(name+"/"+signal.String(), func(t *testing.T) {
				t.Parallel()
				k := newKubelet(t, nil, false)
				k.use(t)
				if err := hang(k.last()); err != nil {
					t.Fatal(err)
				}
				plugin, err := namespace.Do(t.Context(), k.namespaces, func() (*exec.Cmd, error) {
					command := exec.Command("/proc/self/exe", surveyor, k.dir) //nolint:noctx // what ends it is tested
					stdout, err := command.StdoutPipe()
					if err != nil {
						return nil, err
					}
					if err := command.Start(); err != nil {
						return nil, err
					}
					said, err := bufio.NewReader(stdout).ReadString('\n')
					if !strings.Contains(said, string(mount.Silent)) {
						err = fmt.Errorf("the plugin says %q, %w", said, err)
					}
					return command, err
				})
				if err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- plugin.Wait() }()
				if err := plugin.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				select {
				case err := <-ended:
					t.Logf("the plugin ended with %v", err)
				case <-time.After(patience):
					t.Errorf("%v has not ended the plugin", signal)
				}
				k.kill()
				k.end(t)
			})
		}
	}
}
