package database

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
)

// noise is data that cannot be compressed.
func noise(t *testing.T, size int) []byte {
	t.Helper()
	data := make([]byte, size)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func manifestOf(data []byte) manifest {
	return manifest{Checksum: checksumOf(data), Size: int64(len(data))}
}

func TestWhatIsCutIsJoined(t *testing.T) {
	for name, test := range map[string]struct {
		data   []byte
		pieces int
	}{
		"nothing":           {nil, 1},
		"one byte":          {[]byte("x"), 1},
		"what shrinks":      {bytes.Repeat([]byte("page"), 1<<20), 1},
		"more than a piece": {noise(t, pieceSize+1), 2},
		"more than 1 MiB":   {noise(t, 5*pieceSize), 6},
	} {
		pieces, err := cut(test.data, pieceSize)
		if err != nil || len(pieces) != test.pieces {
			t.Errorf("%s: it is cut into %d pieces, %v; want %d", name, len(pieces), err, test.pieces)
		}
		for _, piece := range pieces {
			if len(piece) > pieceSize {
				t.Errorf("%s: a piece has %d bytes", name, len(piece))
			}
		}
		if got, err := join(pieces, manifestOf(test.data)); err != nil || !bytes.Equal(got, test.data) {
			t.Errorf("%s: %d bytes were joined, %v; want %d", name, len(got), err, len(test.data))
		}
	}
}

func TestWrongPiecesAreNotJoined(t *testing.T) {
	data := noise(t, 1000)
	pieces, err := cut(data, 300)
	if err != nil {
		t.Fatal(err)
	}
	other, err := cut(noise(t, 1000), 300)
	if err != nil {
		t.Fatal(err)
	}
	swapped := slices.Clone(pieces)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	for name, wrong := range map[string][][]byte{
		"none":                   nil,
		"the last is missing":    pieces[:len(pieces)-1],
		"the first is missing":   pieces[1:],
		"one is another's":       {pieces[0], other[1], pieces[2], pieces[3]},
		"two are swapped":        swapped,
		"all are another's":      other,
		"there is one too many":  append(slices.Clone(pieces), other[0]),
		"there is another twice": append(slices.Clone(pieces), pieces...),
	} {
		if got, err := join(wrong, manifestOf(data)); err == nil {
			t.Errorf("%s: %d bytes were joined", name, len(got))
		}
	}
}

// TestWhatGrowsWithoutEndIsNotJoined has a piece that is uncompressed to far more than was saved.
func TestWhatGrowsWithoutEndIsNotJoined(t *testing.T) {
	pieces, err := cut(make([]byte, 64<<20), pieceSize)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := join(pieces, manifestOf([]byte("x"))); err == nil || !strings.Contains(err.Error(), "not what was saved") {
		t.Errorf("got error %v", err)
	}
}
