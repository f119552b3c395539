package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/ownership"
	"glusterfs-provisioner/host/store"
)

const (
	// claimInterval is how often it is looked whether the cluster has got new authorities.
	claimInterval = time.Minute
	// upgradeBound is how long glusterd may take to rewrite its files.
	upgradeBound = 5 * time.Minute
)

// claim marks glusterd's folder as this node's, and has a glusterd of another version than the last rewrite its files.
func (h *Host) claim(ctx context.Context) error {
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
		mark.Version = former.Version
		if slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(former.Cluster, key) }) {
			mark, _ = mark.With(former.Cluster)
		}
	}
	version, err := h.upgrade(ctx, mark.Version)
	if err != nil {
		klog.ErrorS(err, "glusterd has not rewritten its files for its new version; it is tried again at the next start", "from", mark.Version, "to", version)
	} else {
		mark.Version = version
	}
	return h.mark(mark)
}

// upgrade has glusterd rewrite the files of volumes if its version is not the one that ran last, as its packages do when they
// are installed, and returns its version.
func (h *Host) upgrade(ctx context.Context, last string) (string, error) {
	output, err := h.children.Run(ctx, "glusterd", "--version")
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(output, "\n")
	version := strings.TrimPrefix(line, "glusterfs ")
	node, err := store.Read(os.DirFS(h.config.Glusterd))
	if version == last || node.UUID == "" || err != nil {
		return version, err
	}
	klog.InfoS("Having glusterd rewrite its files, since another version ran last", "from", last, "to", version)
	ctx, cancel := context.WithTimeout(ctx, upgradeBound)
	defer cancel()
	_, err = h.children.Run(ctx, "glusterd", "--no-daemon", "--volfile="+h.config.settings(), "--xlator-option", "*.upgrade=on")
	return version, err
}

// keepClaim notes new authorities of the cluster until the context ends. A cluster that gets new ones has both for
// a while; a host that is started after that knows the new one by having seen both.
func (h *Host) keepClaim(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(claimInterval):
		}
		if err := h.noteAuthorities(); err != nil {
			klog.ErrorS(err, "Cannot note the authorities of the cluster")
		}
	}
}

func (h *Host) noteAuthorities() error {
	mark, err := ownership.Read(h.config.Glusterd)
	keys, keysErr := ownership.ReadKeys(h.config.ClusterCA)
	if err := errors.Join(err, keysErr); err != nil || mark == nil {
		return err
	}
	changed, isChanged := mark.With(keys)
	if !isChanged {
		return nil
	}
	return h.mark(changed)
}

func (h *Host) mark(mark ownership.Mark) error {
	file, content, err := mark.Encode(h.config.Glusterd)
	if err == nil {
		err = replaceFile(file, content, 0o600)
	}
	if err != nil {
		return fmt.Errorf("cannot note whose the GlusterFS is: %w", err)
	}
	return nil
}
