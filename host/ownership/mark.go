package ownership

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"glusterfs-provisioner/host/store"
)

// Mark is for whom a store was made.
type Mark struct {
	// Node is the node's name in Kubernetes.
	Node string `json:"node"`
	// Cluster are the keys of the cluster's authorities, as hashes. A cluster that gets new ones has both for a while.
	Cluster []string `json:"cluster,omitempty"`
	// Version is the GlusterFS that ran last.
	Version string `json:"version,omitempty"`
	// Identity is what glusterd has in a file that it does not sync, so that a power cut may take it. Without it glusterd makes
	// itself another, by which no peer knows it.
	store.Identity
}

// fileName is that of the mark, in glusterd's working folder.
const fileName = "glusterfs-host.json"

// Read returns the mark of a working folder; nil if there is none.
func Read(folder string) (*Mark, error) {
	file := filepath.Join(folder, fileName)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	mark := &Mark{}
	if err := json.Unmarshal(text, mark); err != nil {
		return nil, fmt.Errorf("%s: %w; if the GlusterFS there is this node's, delete the file and start once with --skip=left-overs", file, err)
	}
	return mark, nil
}

// Encode returns the name of the mark's file in a working folder, and what is to be in it.
func (m Mark) Encode(folder string) (file string, content []byte, err error) {
	content, err = json.Marshal(m)
	return filepath.Join(folder, fileName), append(content, '\n'), err
}

// With returns the mark with further keys of the cluster, and whether it has not had them.
func (m Mark) With(keys []string) (Mark, bool) {
	all := slices.Clone(m.Cluster)
	for _, key := range keys {
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	changed := len(all) > len(m.Cluster)
	m.Cluster = all
	return m, changed
}

// Keys returns the hashes of the keys of certificates in PEM. A certificate that is renewed keeps its key.
func Keys(certificates []byte) ([]string, error) {
	var keys []string
	for {
		var block *pem.Block
		block, certificates = pem.Decode(certificates)
		if block == nil {
			return keys, nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		hash := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
		keys = append(keys, hex.EncodeToString(hash[:]))
	}
}

// ReadKeys returns those of a file; none if there is no such file.
func ReadKeys(file string) ([]string, error) {
	certificates, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := Keys(certificates)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return keys, nil
}
