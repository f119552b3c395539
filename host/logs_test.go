package host

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestRotate(t *testing.T) {
	folder := files(t, map[string]string{
		"glusterd.log": "larger", "glusterd.log.1": "former", "cli.log": "four", "cmd_history.txt": "larger", "bricks/b.log": "larger", "bricks/b.log.2": "larger",
	})
	for range 2 {
		if err := rotate(folder, 4); err != nil {
			t.Fatal(err)
		}
		after := map[string]string{
			"glusterd.log": "", "glusterd.log.1": "larger", "cli.log": "four", "cmd_history.txt": "larger", "bricks/b.log": "", "bricks/b.log.1": "larger", "bricks/b.log.2": "larger",
		}
		if got := read(t, folder); !maps.Equal(got, after) {
			t.Errorf("there are %q, want %q", got, after)
		}
	}
}

// TestRotateOfAnother begins the log of a process anew that hears nothing of it, such as a client of the node's own GlusterFS: it goes on
// in the log, which is begun anew again.
func TestRotateOfAnother(t *testing.T) {
	log := filepath.Join(t.TempDir(), "client.log")
	writer, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for _, text := range []string{"first", "second"} {
		if _, err := writer.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := rotate(filepath.Dir(log), 4); err != nil {
			t.Fatal(err)
		}
		if got, want := read(t, filepath.Dir(log)), map[string]string{"client.log": "", "client.log.1": text}; !maps.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
}
