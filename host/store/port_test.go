package store

import "testing"

func TestWithPort(t *testing.T) {
	for file, want := range map[string]string{
		"path=/b\nlisten-port=49152\nrdma.listen-port=0\n": "path=/b\nlisten-port=50000\nrdma.listen-port=0\n",
		"listen-port=50000\n":                              "listen-port=50000\n",
		"path=/listen-port=1\n":                            "path=/listen-port=1\n",
		"":                                                 "",
	} {
		if got := string(WithPort([]byte(file), 50000)); got != want {
			t.Errorf("of %q it makes %q, want %q", file, got, want)
		}
	}
}
