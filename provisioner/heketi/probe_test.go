package heketi

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestAhead(t *testing.T) {
	sent := time.Date(2026, 1, 1, 12, 0, 0, 700_000_000, time.UTC)
	received := sent.Add(200 * time.Millisecond)
	for date, want := range map[string]time.Duration{
		"": 0, "yesterday": 0,
		"Thu, 01 Jan 2026 12:00:00 GMT": 0,
		"Thu, 01 Jan 2026 12:00:01 GMT": 0,
		"Thu, 01 Jan 2026 11:59:59 GMT": -time.Second,
		"Thu, 01 Jan 2026 12:03:01 GMT": 3 * time.Minute,
		"Thu, 01 Jan 2026 11:55:00 GMT": -5 * time.Minute,
	} {
		if got := ahead(date, sent, received); got != want {
			t.Errorf("%q is %v ahead, want %v", date, got, want)
		}
	}
}

// TestProbeShowsTheCertificate looks at that of a server that has no clusters.
func TestProbeShowsTheCertificate(t *testing.T) {
	url, ca := encrypted(t)
	probed, err := mustConnect(t, NewConnector(patient()), Credentials{URL: url, CA: ca}).Probe(context.Background())
	block, _ := pem.Decode(ca)
	certificate, parseErr := x509.ParseCertificate(block.Bytes)
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	if err != nil || !probed.CertificateEnds.Equal(certificate.NotAfter) || probed.Ahead != 0 {
		t.Errorf("the answer shows %+v, error %v", probed, err)
	}
}

// TestProbeOfAWrongClock shows what the time is there, although the request is refused.
func TestProbeOfAWrongClock(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		http.Error(w, "Invalid JWT token", http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	probed, err := mustConnect(t, NewConnector(patient()), Credentials{URL: server.URL, User: adminUser, Key: adminKey}).Probe(context.Background())
	expectError(t, err, ErrUnauthorized, certain)
	if probed.Ahead < 59*time.Minute || probed.Ahead > time.Hour || !probed.CertificateEnds.IsZero() {
		t.Errorf("the answer shows %+v", probed)
	}
}
