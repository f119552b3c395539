package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"time"
)

// certificateLife is long enough for every test and demo.
const certificateLife = 365 * 24 * time.Hour

// keyPair is a certificate and its key, in PEM.
type keyPair struct {
	certificate, key []byte
}

// save writes the pair to name.crt and name.key.
func (p keyPair) save(name string) (certificate, key string, err error) {
	certificate, key = name+".crt", name+".key"
	if err := os.WriteFile(certificate, p.certificate, 0o600); err != nil {
		return "", "", fmt.Errorf("cannot save a certificate: %w", err)
	}
	if err := os.WriteFile(key, p.key, 0o600); err != nil {
		return "", "", fmt.Errorf("cannot save a key: %w", err)
	}
	return certificate, key, nil
}

// authority issues certificates.
type authority struct {
	keyPair
	parsed *x509.Certificate
	signer *ecdsa.PrivateKey
	// life is how long the certificates count that it issues.
	life time.Duration
}

func newAuthority(name string) (*authority, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make the key of the authority %s: %w", name, err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	pair, err := sign(template, signer, template, signer, certificateLife)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(pair.certificate)
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate of the authority %s: %w", name, err)
	}
	return &authority{keyPair: pair, parsed: parsed, signer: signer, life: certificateLife}, nil
}

// server issues the certificate of a server on this machine, which also has other
// addresses.
func (a *authority) server(name string, addresses ...string) (keyPair, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.ParseIP(loopback)},
	}
	for _, address := range addresses {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(address))
	}
	return a.issue(template)
}

// client issues the certificate of a user who belongs to a group.
func (a *authority) client(user, group string) (keyPair, error) {
	return a.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: []string{group}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

func (a *authority) issue(template *x509.Certificate) (keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, fmt.Errorf("cannot make the key of %s: %w", template.Subject, err)
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	return sign(template, key, a.parsed, a.signer, a.life)
}

func sign(template *x509.Certificate, key *ecdsa.PrivateKey, issuer *x509.Certificate, signer *ecdsa.PrivateKey, life time.Duration) (keyPair, error) {
	template.NotBefore = time.Now()
	template.NotAfter = template.NotBefore.Add(life)
	certificate, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		return keyPair{}, fmt.Errorf("cannot sign the certificate of %s: %w", template.Subject, err)
	}
	keyText, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return keyPair{}, fmt.Errorf("cannot encode the key of %s: %w", template.Subject, err)
	}
	return keyPair{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyText}),
	}, nil
}

// Peers are programs that are servers and clients of each other, and trust one authority.
type Peers struct {
	authority *authority
}

// NewPeers makes an authority of that name for peers.
func NewPeers(name string) (*Peers, error) {
	a, err := newAuthority(name)
	return &Peers{authority: a}, err
}

// Authority is the authority's certificate, in PEM.
func (p *Peers) Authority() []byte { return p.authority.certificate }

// Issue issues the certificate of a peer, and returns it and its key, in PEM.
func (p *Peers) Issue(name string) (certificate, key []byte, err error) {
	pair, err := p.authority.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return pair.certificate, pair.key, err
}

// IssueServer issues the certificate of a server on this machine, as Issue does.
func (p *Peers) IssueServer(name string) (certificate, key []byte, err error) {
	pair, err := p.authority.server(name)
	return pair.certificate, pair.key, err
}
