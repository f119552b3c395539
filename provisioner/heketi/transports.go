package heketi

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// idleAge is how long a connection to heketi is kept that nobody uses.
const idleAge = time.Minute

// certificates tells one set of certificates from others. It is a hash of them; the zero
// value stands for those that the system trusts.
type certificates [sha256.Size]byte

// transports are the connections to one heketi. There is one transport for each set of
// certificates that its clients trust, because a connection is as good as the certificates
// that it was made with.
type transports struct {
	mu  sync.Mutex
	all map[certificates]*usedTransport
}

type usedTransport struct {
	*http.Transport
	// used is when a client was last made with it.
	used time.Time
}

func newTransports() *transports {
	return &transports{all: map[certificates]*usedTransport{}}
}

// trusting returns the transport that trusts the PEM certificates in the text; if it is
// empty, those of the system. Other certificates make another one, so that rotated ones
// are used at once.
func (t *transports) trusting(ca []byte, config Config) (*http.Transport, error) {
	set, err := certificatesIn(ca)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.all[set]; ok {
		known.used = time.Now()
		return known.Transport, nil
	}
	transport := newTransport(config)
	if len(ca) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(ca) {
			return nil, errNoCertificate
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	t.dropUnused()
	t.all[set] = &usedTransport{transport, time.Now()}
	return transport, nil
}

// dropUnused forgets the transports of certificates that were rotated. Clients that still
// have them may go on.
func (t *transports) dropUnused() {
	maps.DeleteFunc(t.all, func(_ certificates, old *usedTransport) bool {
		unused := time.Since(old.used) > idleAge
		if unused {
			old.CloseIdleConnections()
		}
		return unused
	})
}

var errNoCertificate = errors.New("it holds no PEM certificate")

// CheckCA returns an error unless a text can be the CA of Credentials.
func CheckCA(ca []byte) error {
	_, err := certificatesIn(ca)
	return err
}

// certificatesIn returns which certificates a PEM text has. Their order, repetitions and
// what stands between them make no difference. It returns an error if a text has none.
func certificatesIn(ca []byte) (certificates, error) {
	if len(ca) == 0 {
		return certificates{}, nil
	}
	var hashes [][]byte
	for block, rest := pem.Decode(ca); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			hash := sha256.Sum256(block.Bytes)
			hashes = append(hashes, hash[:])
		}
	}
	if len(hashes) == 0 {
		return certificates{}, errNoCertificate
	}
	slices.SortFunc(hashes, bytes.Compare)
	hashes = slices.CompactFunc(hashes, bytes.Equal)
	return sha256.Sum256(bytes.Join(hashes, nil)), nil
}

// newTransport returns a transport that trusts the system's certificates. It needs bounds
// of its own, because it goes on connecting when a request has ended. They are longer than a
// request's bound, so that the latter tells that heketi gave no answer.
func newTransport(config Config) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	bound := config.RequestTimeout + time.Second
	transport.DialContext = (&net.Dialer{Timeout: bound}).DialContext
	transport.TLSHandshakeTimeout = bound
	transport.MaxIdleConnsPerHost = 2 * config.MaxInFlight
	transport.IdleConnTimeout = idleAge
	return transport
}
