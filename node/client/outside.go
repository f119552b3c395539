package client

import (
	"context"
	"os/exec"

	"glusterfs-provisioner/node/namespace"
)

// StartOutside starts a command in the cgroups of the host's first process, so that the
// end of this process' container does not wait for it. The namespaces are the host's of
// mounts and of cgroups.
func StartOutside(ctx context.Context, host *namespace.Set, command *exec.Cmd) error {
	_, err := namespace.Do(ctx, host, func() (struct{}, error) {
		cgroup, err := leaveCgroups()
		if err != nil {
			return struct{}{}, err
		}
		if cgroup != nil {
			defer cgroup.Close()
			command.SysProcAttr.UseCgroupFD, command.SysProcAttr.CgroupFD = true, int(cgroup.Fd())
		}
		return struct{}{}, command.Start()
	})
	return err
}
