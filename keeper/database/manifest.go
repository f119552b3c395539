package database

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
)

const (
	// SecretType is the type of the Secrets that have the database.
	SecretType v1.SecretType = "gluster.org/heketi-database"
	// keyManifest and keyPiece are the keys of the head. Other pieces have only the latter.
	keyManifest = "manifest"
	keyPiece    = "piece"
	// labelDatabase has the name of the database that a piece belongs to.
	labelDatabase = "gluster.org/heketi-database"
	// labelGeneration has the generation that a piece belongs to.
	labelGeneration = "gluster.org/heketi-database-generation"
)

// manifest is what the head says of a generation.
type manifest struct {
	// Generation counts the saves, from 1 on.
	Generation int64 `json:"generation"`
	// Session is who has saved it, or has claimed the database since.
	Session string `json:"session"`
	// Saved is when it was saved.
	Saved time.Time `json:"saved"`
	// Checksum and Size are those of the database as heketi has it.
	Checksum string `json:"checksum"`
	Size     int64  `json:"size"`
	// Pieces has the head's piece first.
	Pieces []pieceOf `json:"pieces"`
}

// pieceOf is what a manifest says of a piece.
type pieceOf struct {
	// Secret is the Secret that has the piece.
	Secret   string `json:"secret"`
	Checksum string `json:"checksum"`
}

// manifestIn reads the manifest of a head.
func manifestIn(head *v1.Secret) (manifest, error) {
	var m manifest
	if err := json.Unmarshal(head.Data[keyManifest], &m); err != nil {
		return manifest{}, fmt.Errorf("its key %s cannot be read: %w", keyManifest, err)
	}
	if m.Generation < 1 || m.Session == "" || m.Size < 0 || len(m.Pieces) == 0 || m.Pieces[0].Secret != head.Name {
		return manifest{}, errors.New("its key " + keyManifest + " lacks the generation, the session or the pieces")
	}
	return m, nil
}

// text is the manifest as it is written.
func (m manifest) text() ([]byte, error) { return json.Marshal(m) }

// generation is what is told of it.
func (m manifest) generation() Generation {
	return Generation{Number: m.Generation, Session: m.Session, Saved: m.Saved, Checksum: m.Checksum, Size: m.Size, Pieces: len(m.Pieces)}
}

// Generation is what was saved at one time.
type Generation struct {
	// Number counts the saves, from 1 on; 0 if there is none.
	Number int64
	// Session is who has saved it, or has claimed the database since.
	Session string
	Saved   time.Time
	// Checksum and Size, in bytes, are those of the database as heketi has it.
	Checksum string
	Size     int64
	// Pieces is how many there are.
	Pieces int
}
