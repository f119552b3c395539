package heketi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// encrypted is a heketi behind TLS that shows volume v1, and the certificate of
// who vouches for it.
func encrypted(t *testing.T) (url string, ca []byte) {
	server := httptest.NewUnstartedServer(shows(made()))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, certificateOf(server)
}

func certificateOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func mustConnect(t *testing.T, connector *Connector, credentials Credentials) *Client {
	t.Helper()
	client, err := connector.Connect(credentials)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.transport.CloseIdleConnections)
	return client
}

func TestConnectTrustsTheGivenCA(t *testing.T) {
	url, ca := encrypted(t)
	got, err := mustConnect(t, NewConnector(patient()), Credentials{URL: url, CA: ca}).Get(context.Background(), "v1")
	expectVolume(t, got, err, made())
}

func TestAnUnknownCAIsNotTrusted(t *testing.T) {
	url, _ := encrypted(t)
	client := mustConnect(t, NewConnector(patient()), Credentials{URL: url, User: adminUser, Key: adminKey})
	_, err := client.Create(context.Background(), spec(), false)
	expectError(t, err, ErrUnavailable, certain, "certificate", "put the certificate of its authority into ca.crt")
}

// What keeps TLS from working is told with what to change.
func TestTLSThatDoesNotWork(t *testing.T) {
	secure, ca := encrypted(t)
	plain := play(t, answers{}).server.URL
	for what, test := range map[string]struct{ url, said string }{
		"another name": {strings.Replace(secure, "127.0.0.1", "localhost", 1), "have resturl use a name that its certificate is for"},
		"no TLS":       {strings.Replace(plain, "http://", "https://", 1), "have resturl begin with http://"},
	} {
		_, err := mustConnect(t, NewConnector(patient()), Credentials{URL: test.url, CA: ca}).Get(context.Background(), "v1")
		t.Run(what, func(t *testing.T) { expectError(t, err, ErrUnavailable, certain, test.said) })
	}
}

func TestARotatedCAIsUsedAtOnce(t *testing.T) {
	url, ca := encrypted(t)
	connector := NewConnector(patient())
	_, err := mustConnect(t, connector, Credentials{URL: url}).Get(context.Background(), "v1")
	expectError(t, err, ErrUnavailable, certain, "certificate")
	got, err := mustConnect(t, connector, Credentials{URL: url, CA: ca}).Get(context.Background(), "v1")
	expectVolume(t, got, err, made())
	_, err = mustConnect(t, connector, Credentials{URL: url}).Get(context.Background(), "v1")
	expectError(t, err, ErrUnavailable, certain, "certificate")
}

// aCertificate is one that vouches for nobody, in PEM.
func aCertificate(t *testing.T, serial int64) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// Two Secrets may hold the same certificates, and differ by a line break.
func TestTheSameCertificatesShareConnections(t *testing.T) {
	s := play(t, answers{get: {shows(made())}})
	server := httptest.NewUnstartedServer(s)
	server.Config.ConnState = s.count(nil)
	server.StartTLS()
	t.Cleanup(server.Close)
	connector := NewConnector(patient())
	ask := func(ca string) {
		t.Helper()
		client := mustConnect(t, connector, Credentials{URL: server.URL, User: adminUser, Key: adminKey, CA: []byte(ca)})
		got, err := client.Get(context.Background(), "v1")
		expectVolume(t, got, err, made())
	}
	first, second := string(certificateOf(server)), aCertificate(t, 1)
	for range 10 {
		for _, ca := range []string{
			first + second, second + first, first + "\n" + second, "# ours\n" + first + second + first,
			strings.ReplaceAll(first+second, "\n", "\r\n"),
		} {
			ask(ca)
		}
	}
	if got := s.connections(); got != 1 {
		t.Errorf("got %d connections for the same certificates, want 1", got)
	}
	// Other certificates have connections of their own, and keep them.
	for range 10 {
		ask(first)
		ask(first + second)
	}
	if got := s.connections(); got != 2 {
		t.Errorf("got %d connections for two sets of certificates, want 2", got)
	}
}

func TestTransportsOfRotatedCertificatesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transports := newTransports()
		for i := range int64(5) {
			for _, ca := range []string{aCertificate(t, i), ""} {
				if _, err := transports.trusting([]byte(ca), DefaultConfig()); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(idleAge + time.Second)
		}
		if got := len(transports.all); got != 2 {
			t.Errorf("%d transports are kept, want 2", got)
		}
	})
}

func TestConnectRefusesACAWithoutACertificate(t *testing.T) {
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("nonsense")})
	for what, ca := range map[string][]byte{"text": []byte("hello"), "a broken certificate": block} {
		client, err := NewConnector(patient()).Connect(Credentials{URL: "https://heketi", CA: ca, Key: adminKey})
		if err == nil {
			t.Errorf("%s: got %v, want an error", what, client)
			continue
		}
		for _, want := range []string{"ca.crt", "https://heketi"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %q, want one that says %q", what, err, want)
			}
		}
		if found := leaks(err.Error()); found != "" {
			t.Errorf("the error shows%s: %v", found, err)
		}
	}
}

func TestClientsOfOneHeketiShareItsConnections(t *testing.T) {
	s := play(t, answers{get: {shows(made())}})
	connector := NewConnector(patient())
	for range 10 {
		client := mustConnect(t, connector, Credentials{URL: s.server.URL, User: adminUser, Key: adminKey})
		if _, err := client.Get(context.Background(), "v1"); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.connections(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
}

func TestClientsSignWithTheirOwnCredentials(t *testing.T) {
	connector := NewConnector(patient())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tokenProblem(r, time.Now()) != "" {
			says(401, "Invalid JWT token: signature is invalid")(w, r)
			return
		}
		shows(made())(w, r)
	}))
	t.Cleanup(server.Close)
	for what, test := range map[string]struct {
		user, key string
		right     bool
	}{
		"right":        {adminUser, adminKey, true},
		"another key":  {adminUser, "another", false},
		"another user": {"user", adminKey, false},
		"none":         {"", "", false},
	} {
		t.Run(what, func(t *testing.T) {
			client := mustConnect(t, connector, Credentials{URL: server.URL, User: test.user, Key: test.key})
			got, err := client.Get(context.Background(), "v1")
			if test.right {
				expectVolume(t, got, err, made())
			} else {
				expectError(t, err, ErrUnauthorized, certain, "signature is invalid")
			}
		})
	}
}

func TestConnectionRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	client := mustConnect(t, NewConnector(patient()), Credentials{URL: url, User: adminUser, Key: adminKey})
	for what, test := range map[string]struct {
		call        call
		interrupted bool
	}{
		"create":          {create, certain},
		"create again":    {createAgain, doubtful},
		"create anywhere": {createAnywhere, certain},
		"delete":          {remove, certain},
		"find":            {find, certain},
		"get":             {show, certain},
	} {
		t.Run(what, func(t *testing.T) {
			expectError(t, test.call(context.Background(), client), ErrUnavailable, test.interrupted, "refused")
		})
	}
}

func TestAHostWithoutAnAddress(t *testing.T) {
	client := mustConnect(t, NewConnector(patient()), Credentials{URL: "http://heketi.invalid:8080", User: adminUser, Key: adminKey})
	_, err := client.Create(context.Background(), spec(), false)
	expectError(t, err, ErrUnavailable, certain, "heketi.invalid")
}
