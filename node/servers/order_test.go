package servers

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
)

func addresses(texts ...string) []netip.Addr {
	all := make([]netip.Addr, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParseAddr(text)
	}
	return all
}

func TestShuffled(t *testing.T) {
	firsts := map[netip.Addr]bool{}
	for range 1000 {
		got := Shuffled(addresses("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.2"))
		firsts[got[0]] = true
		slices.SortFunc(got, netip.Addr.Compare)
		if !slices.Equal(got, addresses("10.0.0.1", "10.0.0.2", "10.0.0.3")) {
			t.Fatalf("they are %v", got)
		}
	}
	if len(firsts) != 3 {
		t.Errorf("first is one of %v", firsts)
	}
}

// TestAnsweringFirst has one server listen, of three in the loopback network. Nobody else
// listens at these addresses: at 127.0.0.1 another program may have the same port.
func TestAnsweringFirst(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.24.7.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	own, err := namespace.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	all := addresses("127.24.7.1", "127.24.7.2", "127.24.7.3")
	ordered, silent := AnsweringFirst(t.Context(), own, all, listener.Addr().(*net.TCPAddr).Port)
	if !slices.Equal(ordered, addresses("127.24.7.2", "127.24.7.1", "127.24.7.3")) || !slices.Equal(silent, addresses("127.24.7.1", "127.24.7.3")) {
		t.Errorf("the order is %v, silent are %v", ordered, silent)
	}
}

func TestPort(t *testing.T) {
	for value, want := range map[string]int{"": DefaultPort, "24107": 24107, "-1": DefaultPort, "70000": DefaultPort, "x": DefaultPort} {
		if got := Port(mountoptions.Options{{Name: mountoptions.ServerPort, Value: value}}); got != want {
			t.Errorf("the port of %q is %d, want %d", value, got, want)
		}
	}
}
