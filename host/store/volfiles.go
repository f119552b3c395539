package store

import (
	"bytes"
	"io/fs"
)

// end is the last line of each file that glusterd writes for a brick or a client.
const end = "end-volume"

// HasDamagedVolfiles tells whether a file is empty or cut that glusterd gives to bricks and clients. It makes them of what
// it knows of the volumes, but only when a volume changes or when it is told to.
func HasDamagedVolfiles(folder fs.FS) (bool, error) {
	files, err := fs.Glob(folder, "vols/*/*.vol")
	if err != nil {
		return false, err
	}
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return false, err
		}
		if !bytes.HasSuffix(bytes.TrimSpace(text), []byte(end)) {
			return true, nil
		}
	}
	return false, nil
}
