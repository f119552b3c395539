package node

import (
	"context"
	"net/netip"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/leftovers"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/volume"
)

// DriverName is the name of the driver, as PersistentVolumes and the CSIDriver object
// have it.
const DriverName = "glusterfs.csi.gluster.org"

// Mounter mounts volumes with a GlusterFS client.
type Mounter interface {
	Mount(ctx context.Context, request client.Request) error
}

// Locator finds the servers that a volume can be mounted from.
type Locator interface {
	// Locate returns the servers in the order in which to ask them, at least one.
	// Those at the end that did not answer are returned a second time as silent.
	Locate(ctx context.Context, v volume.Volume, options mountoptions.Options) (servers, silent []netip.Addr)
}

// Bounds say how long something may take.
type Bounds struct {
	// Mount is for mounting a volume, Unmount for waiting until one is in use no
	// more, and Answer for what is mounted to answer.
	Mount, Unmount, Answer time.Duration
}

// Dependencies are what the service works with.
type Dependencies struct {
	// NodeID is the node's name.
	NodeID string
	// Mounts are those below kubelet's folder.
	Mounts *mount.Mounts
	// Leftovers are clients that serve no mount there any more.
	Leftovers *leftovers.Leftovers
	Client    Mounter
	Servers   Locator
	// LogDir is where clients write their logs.
	LogDir string
	Bounds Bounds
	// Mounted and Healed are called when a volume was mounted or could not be, and
	// when one was found dead and mounted again.
	Mounted func(took time.Duration, err error)
	Healed  func()
}

// Service is the services Identity and Node. It is safe for concurrent use.
type Service struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedNodeServer

	Dependencies
	volumes locks
	healths healths
}

// New returns the services.
func New(dependencies Dependencies) *Service {
	return &Service{Dependencies: dependencies}
}
