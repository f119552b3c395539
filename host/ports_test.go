package host

import "testing"

func TestPortOf(t *testing.T) {
	for arguments, want := range map[string]int{
		"/usr/sbin/glusterfsd\x00-s\x0010.9.9.1\x00--brick-port\x0049716\x00--xlator-option\x00v-server.listen-port=49716\x00": 49716,
		"glusterfsd\x00--brick-port\x00": 0,
		"glusterfsd\x00--brick-port":     0,
		"glusterfsd\x00":                 0,
		"":                               0, // of a process that has ended
	} {
		if got, err := portOf([]byte(arguments)); got != want || (err == nil) != (want != 0) {
			t.Errorf("of %q the port is %d (%v), want %d", arguments, got, err, want)
		}
	}
}
