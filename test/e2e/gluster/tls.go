package gluster

import (
	"errors"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
)

// TLSDir is where Debian's GlusterFS looks for its files with TLS: where its OpenSSL has its
// own. SecureAccess is the file that has what makes up volumes be asked over TLS, too.
const (
	TLSDir       = "/usr/lib/ssl"
	SecureAccess = "/var/lib/glusterd/secure-access"
)

// WriteTLS writes the files with TLS of a peer of that name to a folder, which is then to be
// mounted on TLSDir.
func WriteTLS(folder string, peers *bench.Peers, name string) error {
	certificate, key, err := peers.Issue(name)
	if err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	return errors.Join(
		os.MkdirAll(folder, 0o755),
		os.WriteFile(file("glusterfs.pem"), certificate, 0o600),
		os.WriteFile(file("glusterfs.key"), key, 0o600),
		os.WriteFile(file("glusterfs.ca"), peers.Authority(), 0o600),
	)
}
