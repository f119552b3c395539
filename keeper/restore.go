package keeper

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/keeper/refusing"
	"glusterfs-provisioner/provisioner/gluster"
)

// awayPause is how long an API server that is away is left alone before it is asked again.
const awayPause = time.Second

// restore puts the database in place that heketi starts with, and makes this keeper the only one that
// can save it. It waits for an API server that is away, or that does not allow it yet.
func (k *Keeper) restore(ctx context.Context) error {
	session := rand.Text()
	for {
		err := k.tryRestore(ctx, session)
		if err == nil || isFinal(err) {
			return err
		}
		klog.ErrorS(err, "Cannot begin yet, and tries again")
		k.tellWait(err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(awayPause):
		}
	}
}

// tellWait tells what is waited for, once for each reason: rights, a quota, an admission webhook. An API server that is away could not be told.
func (k *Keeper) tellWait(err error) {
	var refused apierrors.APIStatus
	if !errors.As(err, &refused) || refused.Status().Reason == k.waits {
		return
	}
	k.waits = refused.Status().Reason
	k.config.Waits(err)
}

// isFinal says that an error does not go by when the API server comes back.
func isFinal(err error) bool {
	for _, final := range []error{database.ErrGone, database.ErrDamaged, database.ErrOlder, database.ErrTaken, refusing.ErrEmpty, refusing.ErrOlder, errUnreadable, errFiles} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// errUnreadable is that heketi cannot read what is saved.
var errUnreadable = errors.New("the saved database does not work")

// errFiles is that the folder of heketi cannot be read or written.
var errFiles = errors.New("the folder of heketi does not work")

func (k *Keeper) tryRestore(ctx context.Context, session string) error {
	files := sessions{k.config.Heketi.Dir}
	earlier, err := files.read()
	if err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	k.store = database.New(database.Config{Client: k.config.Client, Namespace: k.config.Namespace, Name: k.config.Name, Session: session})
	data, err := k.store.Load(ctx)
	belongsTo := list{session}
	switch {
	case errors.Is(err, database.ErrNone):
		if err := k.refusal().Empty(ctx); err != nil {
			return err
		}
		err = k.config.Heketi.RemoveDatabase()
	case err != nil:
		return err
	case earlier.has(k.store.Last().Session) && k.store.IsRecorded() && k.hasNewer(ctx):
		belongsTo = slices.Concat(earlier, belongsTo)
	default:
		if err := k.allowSaved(ctx, data); err != nil {
			return err
		}
		klog.InfoS("Starting from what is saved", "generation", k.store.Last().Number, "saved", k.store.Last().Saved)
		err = k.config.Heketi.PutDatabase(data)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	// It may end before or after the claim, which tells whose the saved database is.
	if err := files.write(belongsTo); err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	if err := k.store.Claim(ctx); err != nil {
		return err
	}
	if err := files.write(list{session}); err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	return nil
}

// refusal refuses what heketi would forget volumes with.
func (k *Keeper) refusal() refusing.Refusal {
	return refusing.Refusal{
		Client: k.config.Client, Namespace: k.config.Namespace, Name: k.config.Name,
		OtherHeketis: k.config.OtherHeketis, AcceptGeneration: k.config.AcceptGeneration,
	}
}

// allowSaved returns an error if heketi cannot read what is saved, or PersistentVolumes tell that it is not the latest.
func (k *Keeper) allowSaved(ctx context.Context, data []byte) error {
	saved := k.store.Last()
	text, err := k.export(ctx, data)
	if err != nil {
		return fmt.Errorf("%w: generation %d: %w", errUnreadable, saved.Number, err)
	}
	var entries gluster.Database
	if err := json.Unmarshal(text, &entries); err != nil {
		return fmt.Errorf("%w: generation %d: %w", errUnreadable, saved.Number, err)
	}
	return k.refusal().Older(ctx, saved, entries)
}

// export returns a database in JSON.
func (k *Keeper) export(ctx context.Context, data []byte) ([]byte, error) {
	copied, err := k.config.Heketi.Offline(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFiles, err)
	}
	defer copied.Close()
	return copied.Export(ctx)
}

// hasNewer says whether the folder has a database that goes on from what is saved. Nobody else has
// saved since the keeper of this folder, which may have been killed before it saved the last
// changes.
func (k *Keeper) hasNewer(ctx context.Context) bool {
	if err := k.checkFolder(ctx); err != nil {
		klog.ErrorS(err, "Not starting from the database in the folder")
		return false
	}
	klog.InfoS("Starting from the database in the folder, which nobody else has saved since", "generation", k.store.Last().Number)
	return true
}

// checkFolder returns an error unless the folder has a database that heketi can read.
func (k *Keeper) checkFolder(ctx context.Context) error {
	data, err := k.config.Heketi.Database()
	if err != nil {
		return err
	}
	_, err = k.export(ctx, data)
	return err
}
