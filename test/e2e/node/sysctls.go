package node

import (
	"context"
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
	if err := os.MkdirAll(n.file("sysctls"), 0o755); err != nil {
		return err
	}
	for sysctl, value := range sysctls {
		cover := filepath.Join(n.file("sysctls"), strings.ReplaceAll(sysctl, "/", "."))
		if err := os.WriteFile(cover, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		if err := syscall.Mount(cover, "/proc/sys/"+sysctl, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("cannot cover the sysctl %s: %w", sysctl, err)
		}
	}
	return nil
}
