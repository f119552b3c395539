package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// sysctls are the kernel's settings that kubelet wants, see setupKernelTunables in
// k8s.io/kubernetes/pkg/kubelet/cm.
var sysctls = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// settleSysctls has kubelet find the settings that it wants. They are the whole
// machine's, so they are not set, but covered.
func (n *Node) settleSysctls(context.Context) error {
	if err := n.writeSysctls(); err != nil {
		return err
	}
	for sysctl := range sysctls {
		if err := syscall.Mount(n.cover(sysctl), "/proc/sys/"+sysctl, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("cannot cover the sysctl %s: %w", sysctl, err)
		}
	}
	return nil
}

// cover is the file that covers a setting.
func (n *Node) cover(sysctl string) string {
	return filepath.Join(n.file("sysctls"), strings.ReplaceAll(sysctl, "/", "."))
}

// writeSysctls writes the files that cover the settings.
func (n *Node) writeSysctls() error {
	err := os.MkdirAll(n.file("sysctls"), 0o755)
	for sysctl, value := range sysctls {
		err = errors.Join(err, os.WriteFile(n.cover(sysctl), []byte(value+"\n"), 0o600))
	}
	return err
}
