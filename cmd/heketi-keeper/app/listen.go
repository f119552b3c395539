package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
)

// listen returns where heketi's API is served.
func (o *Options) listen(ctx context.Context) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.APIAddress)
	if err != nil {
		return nil, fmt.Errorf("--api-address=%s: %w", o.APIAddress, err)
	}
	if o.TLSCertFile == "" {
		return listener, nil
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12,
		// It is read for each connection, so that one that was renewed counts.
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return o.certificate() },
	}), nil
}

func (o *Options) certificate() (*tls.Certificate, error) {
	certificate, err := tls.LoadX509KeyPair(o.TLSCertFile, o.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert-file=%s, --tls-private-key-file=%s: %w", o.TLSCertFile, o.TLSKeyFile, err)
	}
	return &certificate, nil
}

// checkFiles reads what is read again later, so that what is wrong is told at the start.
func (o *Options) checkFiles() error {
	if _, err := o.keys(); err != nil {
		return err
	}
	if o.TLSCertFile == "" {
		return nil
	}
	_, err := o.certificate()
	return err
}
