package database

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
)

// pieceSize is how many bytes a piece has at most. A Secret may have 1 MiB, and the head
// has the manifest, too. Half of that leaves room for what encrypts Secrets, and for limits that
// gateways have.
const pieceSize = 512 << 10

// checksumOf tells data from others, in hexadecimal digits.
func checksumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// cut compresses a database and cuts it into pieces, at least one, of at most size bytes.
func cut(data []byte, size int) ([][]byte, error) {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	if _, err := writer.Write(data); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(compressed.Bytes(), size)), nil
}

// join makes a database of its pieces. It returns an error unless it is the one that the manifest
// says.
func join(pieces [][]byte, m manifest) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(slices.Concat(pieces...)))
	if err != nil {
		return nil, fmt.Errorf("the pieces cannot be uncompressed: %w", err)
	}
	// One byte more than there should be tells that it is more.
	data, err := io.ReadAll(io.LimitReader(reader, m.Size+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the pieces cannot be uncompressed: %w", err)
	case int64(len(data)) != m.Size || checksumOf(data) != m.Checksum:
		return nil, errors.New("what the pieces are together is not what was saved")
	}
	return data, nil
}
