package endpoints

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// Resolver looks up the addresses of a host name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Addresses returns the IPs of storage hosts, sorted and without repetition.
// Hosts are IPs, or names, which are resolved, to an IPv4 address where there is
// one: the in-tree mount cannot use IPv6. The error names the host at fault.
func Addresses(ctx context.Context, resolver Resolver, hosts []string) ([]string, error) {
	if len(hosts) == 0 {
		return nil, fmt.Errorf("heketi names no storage host for the volume; add the nodes' storage host names to its topology")
	}
	addresses := make([]string, 0, len(hosts))
	for _, host := range hosts {
		address, err := addressOf(ctx, resolver, host)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, address.Unmap().String())
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), nil
}

func addressOf(ctx context.Context, resolver Resolver, host string) (netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return address, nil
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("storage host %q, as heketi's topology names it, is no IP and cannot be resolved: %w; make the name resolvable for the provisioner, or use an IP in the topology", host, err)
	}
	slices.SortFunc(found, func(a, b netip.Addr) int { return a.Unmap().Compare(b.Unmap()) })
	for _, address := range found {
		if address.Unmap().Is4() {
			return address, nil
		}
	}
	if len(found) == 0 {
		return netip.Addr{}, fmt.Errorf("storage host %q, as heketi's topology names it, has no address", host)
	}
	return found[0], nil
}
