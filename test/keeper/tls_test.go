package keeper

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestAPIWithTLS serves heketi's API over HTTPS. A certificate that is renewed counts without a restart.
func TestAPIWithTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certificateFile, keyFile := filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	first, second := must[*bench.Peers](t)(bench.NewPeers("first")), must[*bench.Peers](t)(bench.NewPeers("second"))
	issue := func(peers *bench.Peers) {
		certificate, key, err := peers.IssueServer("heketi")
		if err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string][]byte{certificateFile: certificate, keyFile: key} {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	issue(first)
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), "--tls-cert-file="+certificateFile, "--tls-private-key-file="+keyFile)
	address := strings.TrimPrefix(k.at(t, "API"), "http://")

	if err := hello(t, address, first); err != nil {
		t.Error(err)
	}
	if err := hello(t, address, second); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		t.Errorf("whoever trusts another authority gets error %v", err)
	}
	if status, body := get(t, "http://"+address+"/hello"); status != http.StatusBadRequest || !strings.Contains(body, "HTTPS") {
		t.Errorf("without TLS, it answers %d %s", status, body)
	}
	issue(second)
	if err := hello(t, address, second); err != nil {
		t.Errorf("after the certificate was renewed: %v", err)
	}
	k.endWell(t)

	if err := os.WriteFile(keyFile, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	k = p.launch(t, t.TempDir(), "--tls-cert-file="+certificateFile, "--tls-private-key-file="+keyFile)
	if code := k.waitEnded(t); code != 1 || !strings.Contains(k.Output(), "--tls-private-key-file="+keyFile) {
		t.Errorf("with a key that is none, it ended with %d", code)
	}
}

// hello asks for /hello over HTTPS, by a connection of its own.
func hello(t *testing.T, address string, trusted *bench.Peers) error {
	t.Helper()
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(trusted.Authority())
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: authorities},
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/hello", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
