package host

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/host/bricks"
	"glusterfs-provisioner/host/children"
	"glusterfs-provisioner/host/fstab"
)

// TestActivate has LVM refuse one group and wait for the disk of another: the third is activated, what LVM says is told of the
// bricks, and the one that waits is not begun a second time.
func TestActivate(t *testing.T) {
	const refused, hanging, good = "vg_1", "vg_2", "vg_3"
	folder := files(t, map[string]string{"lvm": `#!/bin/sh
cd "$(dirname "$0")"
echo "$2 $3 $4" >> asked
case $4 in
` + refused + `) echo "Volume group ` + refused + ` not found" >&2; exit 5;;
` + hanging + `) read -r answer < disk;;
esac
touch "active_$4"
`})
	disk := filepath.Join(folder, "disk")
	if err := unix.Mkfifo(disk, 0o600); err != nil {
		t.Fatal(err)
	}
	adopted, err := children.Adopt()
	if err != nil {
		t.Fatal(err)
	}
	m := newMounter(Config{LVM: filepath.Join(folder, "lvm")}, adopted)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() { m.activate(ctx, []string{refused, hanging, good}) })
	}
	eventually(t, func() bool { return exists(folder, "active_"+good) })
	eventually(t, func() bool { return m.inactiveOf(refused) != nil })
	begun := func() int {
		asked, err := os.ReadFile(filepath.Join(folder, "asked"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(asked), "vgchange --activate=y "+hanging+"\n")
	}
	eventually(t, func() bool { return begun() > 0 })
	cancel()
	work.Wait()
	if times := begun(); times != 1 {
		t.Errorf("LVM was asked %d times for the group that it waits for", times)
	}
	if exists(folder, "active_"+hanging) {
		t.Error("the group is active whose disk does not answer")
	}
	device := "/dev/mapper/vg_" + strings.Repeat("0", 32) + "-brick_" + strings.Repeat("0", 32)
	brick := bricks.Brick{Mount: fstab.Entry{Device: device}}
	m.inactive[brick.Group()] = m.inactiveOf(refused)
	if err := m.mountDevice(t.Context(), brick); err == nil || !strings.Contains(err.Error(), "Volume group "+refused+" not found") {
		t.Errorf("of the brick it says %v", err)
	}

	// The end of whoever waited ends no LVM.
	if err := os.WriteFile(disk, []byte("answer\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return exists(folder, "active_"+hanging) })
}

func (m *mounter) inactiveOf(group string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inactive[group]
}

func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to that")
		}
	}
}
