package processes

import "testing"

func TestServes(t *testing.T) {
	for commandLine, want := range map[string]bool{
		"/usr/sbin/glusterfs\x00--process-name\x00fuse\x00/target\x00": true,
		"/usr/sbin/glusterfs\x00--process-name\x00fuse\x00/other\x00":  false,
		"/usr/sbin/glusterfsd\x00/target\x00":                          false,
		"tail\x00/target\x00":                                          false,
		"glusterfs":                                                    false,
		"":                                                             false,
	} {
		if got := serves(commandLine, "/target"); got != want {
			t.Errorf("%q serves it: %t, want %t", commandLine, got, want)
		}
	}
}
