package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/settling"
	"glusterfs-provisioner/keeper/tokens"
	"glusterfs-provisioner/provisioner/heketi"
)

// Settling says how what heketi was interrupted in is settled.
type Settling struct {
	// Timeout bounds how long the start is held up by it.
	Timeout time.Duration
	// Interval is how often what is left is looked at again.
	Interval time.Duration
	// SettleTime is how long gluster may take for a command whose caller is gone.
	SettleTime time.Duration
	// Settled is told how many operations were settled in a way, and Left how many are left.
	Settled func(how string, operations int)
	Left    func(operations int)
}

// The ways in which an operation is settled.
const (
	Finished = "finished"
	Undone   = "undone"
)

// finish finishes in heketi's database what gluster has finished, before heketi starts. What fails is
// told, and heketi starts all the same: until it is settled, the operation is pending in its database.
func (k *Keeper) finish(ctx context.Context) error {
	data, err := k.config.Heketi.Database()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Then there is nothing to finish.
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	copied, err := k.config.Heketi.Offline(data)
	if err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	defer copied.Close()
	finished, result, err := settling.Finish(ctx, copied)
	if k.unfinished = err; err != nil {
		klog.ErrorS(err, "Cannot finish what heketi was interrupted in, and leaves it as it is")
		return nil
	}
	if finished == nil {
		return nil
	}
	if err := k.config.Heketi.PutDatabase(finished); err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	k.tellFinished(result)
	return nil
}

// undo has heketi undo what gluster has nothing of, and tells of what is left. heketi serves nobody yet.
func (k *Keeper) undo(ctx context.Context) error {
	var err error
	if k.client, err = k.connect(); err != nil {
		return err
	}
	undone, left, err := settling.Undo(ctx, k.heketi, k.client, k.unfinished)
	if err != nil {
		klog.ErrorS(err, "Cannot undo what heketi was interrupted in, and leaves it as it is")
		return nil
	}
	k.tellUndone(undone)
	k.countFruitless(left)
	k.noteLeft(left)
	k.tellLeft(left)
	return nil
}

// connect returns a client of heketi for what the provisioner has of judgement.
func (k *Keeper) connect() (*heketi.Client, error) {
	config := heketi.DefaultConfig()
	config.SettleTime = k.config.Settling.SettleTime
	return heketi.NewConnector(config).Connect(heketi.Credentials{URL: k.heketi.URL().String(), User: tokens.Admin, Key: k.heketi.AdminKey()})
}
