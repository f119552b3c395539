package client

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/servers"
)

// Versions of GlusterFS whose clients take servers in another way than those before. All of
// it is in xlators/mount/fuse/utils/mount.glusterfs.in, save the last one, which is in
// gf_set_volfile_server_common, libglusterfs/src/common-utils.c.
const (
	// several is the first version that takes more than one server in the source.
	several = 8
	// splitting is the first version that takes what follows the last colon of a server
	// for a port. So an address of IPv6 needs one.
	splitting = 11
)

// askedOverIPv6 tells whether volumes are asked for over IPv6. A client does so over IPv4,
// or over IPv6 if told so, but not over both.
func askedOverIPv6(servers []netip.Addr) bool { return servers[0].Is6() }

// sameFamily are the servers that a client can ask that begins with the first one.
func sameFamily(servers []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(servers), func(server netip.Addr) bool { return server.Is6() != servers[0].Is6() })
}

// sourceOf is what is mounted: the server to ask and the volume. The other servers are in
// the option backup-volfile-servers, save with IPv6: up to version 9 that option is split at
// each colon. So these are all in the source, as long as the option is not given.
func sourceOf(request Request, version Version) string {
	all := sameFamily(request.Servers)
	if _, given := request.Options.Value(mountoptions.BackupServers); given || !askedOverIPv6(all) || version.isBefore(several) {
		all = all[:1]
	}
	texts := make([]string, len(all))
	for i, server := range all {
		if texts[i] = server.String(); server.Is6() && version.major() >= splitting {
			texts[i] += ":" + strconv.Itoa(servers.Port(request.Options))
		}
	}
	return fmt.Sprintf("%s:/%s", strings.Join(texts, ","), request.Volume.Name)
}

// backupServers is the value of that option; empty if there are none.
func backupServers(servers []netip.Addr) string {
	if askedOverIPv6(servers) {
		return ""
	}
	others := sameFamily(servers)[1:]
	texts := make([]string, len(others))
	for i, server := range others {
		texts[i] = server.String()
	}
	return strings.Join(texts, ":")
}
