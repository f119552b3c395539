package preflight

import (
	"maps"
	"net"
	"os"
	"testing"
)

func TestListening(t *testing.T) {
	// Of a Linux 6.1: one that listens, one that is connected, one of IPv6 that listens.
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:5DC7 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21012 1 0000000000000000 100 0 0 10 0
   1: 0100007F:5DC8 0100007F:C350 01 00000000:00000000 02:000A9B2C 00000000     0        0 21013 2 0000000000000000 20 4 30 10 -1
  12: 00000000000000000000000000000000:73A8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21014 1 0000000000000000 100 0 0 10 0
garbage
`
	if got, want := listening(table), map[int]string{24007: "21012", 29608: "21014"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestListeners finds this process by a port that it listens on.
func TestListeners(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	found, err := listeners([]int{port})
	if err != nil || len(found) != 1 || found[0].Port != port || found[0].PID != os.Getpid() {
		t.Errorf("found are %+v (%v), want port %d of process %d", found, err, port, os.Getpid())
	}
}

func TestVersion(t *testing.T) {
	for text, want := range map[string][2]int{"6.1.0": {6, 1}, "5.10.0-28-amd64": {5, 10}, "6.18": {6, 18}} {
		if got, known := version(text); got != want || !known {
			t.Errorf("%s: got %v, %v", text, got, known)
		}
	}
	for _, text := range []string{"", "6", "v6.1", "6.x", "123456.1"} {
		if got, known := version(text); known {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
