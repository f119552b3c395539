package node

import (
	"context"
	_ "embed" // for systemctl.sh
	"errors"
	"fmt"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

//go:embed systemctl.sh
var systemctlScript []byte

// sudoScript is for who is root already.
const sudoScript = `#!/bin/sh
exec "$@"
`

// nodeSSHDConfig is formatted with the node's address and folder.
const nodeSSHDConfig = `ListenAddress %[1]s
HostKey %[2]s/ssh/host_key
AuthorizedKeysFile %[2]s/ssh/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
MaxStartups 100
SetEnv PATH=%[2]s/ssh/bin:/usr/sbin:/usr/bin:/sbin:/bin
`

// AllowSSH lets root in over ssh, to whom systemctl stops and starts kubelet, and returns
// the private key's file. StopKubelet and StartKubelet do not know of it.
func (n *Node) AllowSSH(ctx context.Context) (key string, err error) {
	if err := os.MkdirAll(n.file("ssh/bin"), 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"host_key", "key"} {
		if _, err := bench.Run(ctx, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", n.file("ssh/"+name)); err != nil {
			return "", err
		}
	}
	// sshd insists on it.
	if err := errors.Join(n.writeSystemctl(), os.MkdirAll("/run/sshd", 0o755)); err != nil {
		return "", err
	}
	_, err = bench.StartProcess(ctx, bench.ProcessOptions{
		Path: "/usr/sbin/sshd", Args: []string{"-D", "-e", "-f", n.file("ssh/sshd_config")}, Log: n.log("sshd"),
	})
	return n.file("ssh/key"), err
}

// writeSystemctl writes what sshd and who logs in find.
func (n *Node) writeSystemctl() error {
	start := fmt.Sprintf("#!/bin/sh\nexec %s %s >> %s 2>&1\n",
		n.options.Binaries.Kubelet, strings.Join(n.kubeletArgs(n.file("kubelet.yaml")), " "), n.log("kubelet"))
	return errors.Join(
		os.WriteFile(n.file("ssh/sshd_config"), fmt.Appendf(nil, nodeSSHDConfig, n.options.Address, n.options.Folder), 0o600),
		os.WriteFile(n.file("ssh/bin/systemctl"), systemctlScript, 0o700),
		os.WriteFile(n.file("ssh/bin/systemctl.start"), []byte(start), 0o700),
		os.WriteFile(n.file("ssh/bin/systemctl.pid"), fmt.Appendln(nil, n.kubelet.PID()), 0o600),
		os.WriteFile(n.file("ssh/bin/sudo"), []byte(sudoScript), 0o700),
	)
}
