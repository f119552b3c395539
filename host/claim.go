package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/ownership"
	"glusterfs-provisioner/host/store"
)

// claimInterval is how often it is looked whether the cluster has got new authorities, and glusterd its identity.
const claimInterval = time.Minute

// claim marks glusterd's folder as this node's, and gives glusterd its identity back if it has lost it.
func (h *Host) claim() error {
	former, err := ownership.Read(h.config.Glusterd)
	if err != nil {
		// Whoever passes over left-overs has the mark written anew.
		klog.ErrorS(err, "Cannot read for which node this GlusterFS was made")
	}
	keys, err := ownership.ReadKeys(h.config.ClusterCA)
	if err != nil {
		return err
	}
	mark := ownership.Mark{Node: h.config.Node, Cluster: keys}
	if former != nil {
		mark.Version, mark.Identity = former.Version, former.Identity
		if slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(former.Cluster, key) }) {
			mark, _ = mark.With(former.Cluster)
		}
	}
	if mark.Identity, err = h.identify(mark.Identity); err != nil {
		return err
	}
	return h.mark(former, mark)
}

// identify returns glusterd's identity. If glusterd has lost it, it gets the one that was noted.
func (h *Host) identify(noted store.Identity) (store.Identity, error) {
	node, _ := store.Read(os.DirFS(h.config.Glusterd)) // What else cannot be read says nothing of the identity.
	switch {
	case node.UUID != "":
		return node.Identity, nil
	case noted.UUID == "" || !node.IsUsed():
		return noted, nil // It never had one, or there is nothing that is known by it.
	}
	file := filepath.Join(h.config.Glusterd, store.IdentityFile)
	klog.InfoS("Giving glusterd its identity back, which its file has lost", "path", file, "uuid", noted.UUID)
	if err := replaceFile(file, noted.Encode(), 0o600); err != nil {
		return noted, fmt.Errorf("cannot give glusterd its identity back: %w", err)
	}
	return noted, nil
}

// keepClaim notes new authorities of the cluster, and glusterd's identity, until the context ends. A cluster that gets new
// authorities has both for a while; a host that is started after that knows the new one by having seen both.
func (h *Host) keepClaim(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(claimInterval):
		}
		if err := h.renewClaim(); err != nil {
			klog.ErrorS(err, "Cannot note the authorities of the cluster, or glusterd's identity")
		}
	}
}

func (h *Host) renewClaim() error {
	mark, err := ownership.Read(h.config.Glusterd)
	keys, keysErr := ownership.ReadKeys(h.config.ClusterCA)
	if err := errors.Join(err, keysErr); err != nil || mark == nil {
		return err
	}
	changed, _ := mark.With(keys)
	if node, _ := store.Read(os.DirFS(h.config.Glusterd)); node.UUID != "" {
		changed.Identity = node.Identity
	}
	return h.mark(mark, changed)
}

// mark replaces the mark that was read, if it is another now.
func (h *Host) mark(former *ownership.Mark, mark ownership.Mark) error {
	if former != nil && reflect.DeepEqual(*former, mark) {
		return nil
	}
	file, content, err := mark.Encode(h.config.Glusterd)
	if err == nil {
		err = replaceFile(file, content, 0o600)
	}
	if err != nil {
		return fmt.Errorf("cannot note whose the GlusterFS is: %w", err)
	}
	return nil
}
