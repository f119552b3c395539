package endpoints

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// dns resolves the names that it has.
type dns map[string][]string

func (d dns) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	if network != "ip" {
		return nil, fmt.Errorf("asked for network %q, which leaves out addresses", network)
	}
	found, ok := d[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var addresses []netip.Addr
	for _, address := range found {
		addresses = append(addresses, netip.MustParseAddr(address))
	}
	return addresses, nil
}

func TestAddresses(t *testing.T) {
	names := dns{
		"gluster-1":   {"192.168.10.1"},
		"gluster-2":   {"192.168.10.2"},
		"many":        {"192.168.10.9", "192.168.10.3", "192.168.10.5"},
		"both":        {"2001:db8::1", "192.168.10.4"},
		"v6":          {"2001:db8::2", "2001:db8::1"},
		"mapped":      {"::ffff:192.168.10.6"},
		"mapped-both": {"2001:db8::1", "::ffff:192.168.10.6"},
		"1.2.3":       {"192.168.10.7"},
	}
	tests := []struct {
		what  string
		hosts []string
		want  []string
	}{
		{"IPs", []string{"192.168.10.1"}, []string{"192.168.10.1"}},
		{"sorted", []string{"192.168.10.3", "192.168.10.1", "192.168.10.2"}, []string{"192.168.10.1", "192.168.10.2", "192.168.10.3"}},
		{"repeated", []string{"192.168.10.2", "192.168.10.1", "192.168.10.2"}, []string{"192.168.10.1", "192.168.10.2"}},
		{"names", []string{"gluster-2", "gluster-1"}, []string{"192.168.10.1", "192.168.10.2"}},
		{"a name and its IP", []string{"gluster-1", "192.168.10.1"}, []string{"192.168.10.1"}},
		{"IPs and names", []string{"gluster-2", "192.168.10.3"}, []string{"192.168.10.2", "192.168.10.3"}},
		{"a name with several addresses", []string{"many"}, []string{"192.168.10.3"}},
		{"a name with IPv6 and IPv4", []string{"both"}, []string{"192.168.10.4"}},
		{"a name with IPv6 only", []string{"v6"}, []string{"2001:db8::1"}},
		{"a name with mapped IPv4", []string{"mapped"}, []string{"192.168.10.6"}},
		{"a name with IPv6 and mapped IPv4", []string{"mapped-both"}, []string{"192.168.10.6"}},
		{"IPv6", []string{"2001:DB8:0::1"}, []string{"2001:db8::1"}},
		{"mapped IPv4", []string{"::ffff:192.168.10.1", "192.168.10.1"}, []string{"192.168.10.1"}},
		{"a name that looks like a part of an IP", []string{"1.2.3"}, []string{"192.168.10.7"}},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			before := slices.Clone(test.hosts)
			got, err := Addresses(context.Background(), names, test.hosts)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
			if !slices.Equal(test.hosts, before) {
				t.Errorf("the hosts are %v now, were %v", test.hosts, before)
			}
		})
	}
}

func TestAddressesNamesTheHostAtFault(t *testing.T) {
	names := dns{"gluster-1": {"192.168.10.1"}, "empty": nil}
	for _, test := range []struct {
		what  string
		hosts []string
		want  string
	}{
		{"no hosts", nil, "no storage host"},
		{"unknown", []string{"gluster-1", "nowhere"}, `storage host "nowhere"`},
		{"no address", []string{"gluster-1", "empty"}, `storage host "empty"`},
		{"empty", []string{""}, `storage host ""`},
		{"two in one", []string{"gluster-1,gluster-2"}, `storage host "gluster-1,gluster-2"`},
	} {
		got, err := Addresses(context.Background(), names, test.hosts)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v and error %v, want an error that says %s", test.what, got, err, test.want)
		}
	}
}

func TestAddressesFollowsTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := Addresses(ctx, net.DefaultResolver, []string{"gluster.invalid"}); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}
