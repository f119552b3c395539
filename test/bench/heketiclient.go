package bench

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
)

const (
	// heketiCallBound is how long one request of heketi's client may take.
	heketiCallBound = 30 * time.Second
	// heketiPoll is how often, in milliseconds, heketi's client asks whether an
	// operation is done. Its own default, 400, is most of an operation's time
	// when nothing is done on the nodes.
	heketiPoll = 10
	// heketiRetryMin and heketiRetryMax are between which times, in seconds, its
	// client waits after a 429, instead of 10 and 30, and heketiRetries how often.
	heketiRetryMin = 1
	heketiRetryMax = 2
	heketiRetries  = 60
	// heketiIdleConnections is how many requests heketi's client makes at once.
	heketiIdleConnections = 32
)

// URL is where heketi answers.
func (h *Heketi) URL() string {
	if h.options.TLS {
		return "https://" + h.port.at(h.options.Address)
	}
	return "http://" + h.port.at(h.options.Address)
}

// AdminKey is the key of the user "admin", "" when heketi asks for none.
func (h *Heketi) AdminKey() string {
	if !h.options.Auth {
		return ""
	}
	return h.adminKey
}

// CA is the certificate of the authority that signed heketi's own, in PEM, or nil
// without TLS.
func (h *Heketi) CA() []byte {
	if h.authority == nil {
		return nil
	}
	return slices.Clone(h.authority.certificate)
}

// Client is heketi's own client, as the admin.
func (h *Heketi) Client() *gcli.Client { return h.client }

func (h *Heketi) makeClient() error {
	h.transport = &http.Transport{MaxIdleConnsPerHost: heketiIdleConnections}
	if h.authority != nil {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(h.authority.certificate) {
			return errors.New("cannot read heketi's own certificate authority")
		}
		h.transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	options := gcli.DefaultClientOptions()
	options.PollDelay = heketiPoll
	options.RetryMinDelay, options.RetryMaxDelay, options.RetryCount = heketiRetryMin, heketiRetryMax, heketiRetries
	h.client = gcli.NewClientWithOptions(h.URL(), adminUser, h.adminKey, options)
	// Its own HTTP client has no bound, and with TLS a new connection per request.
	h.client.SetClientFunc(func(_ *tls.Config, redirect gcli.CheckRedirectFunc) (gcli.HttpPerformer, error) {
		return &http.Client{Transport: h.transport, CheckRedirect: redirect, Timeout: heketiCallBound}, nil
	})
	return nil
}

// Volumes are all volumes of heketi, but for those that go while it is asked.
func (h *Heketi) Volumes() ([]api.VolumeInfoResponse, error) {
	list, err := h.client.VolumeList()
	if err != nil {
		return nil, fmt.Errorf("cannot list heketi's volumes: %w", err)
	}
	volumes := make([]api.VolumeInfoResponse, 0, len(list.Volumes))
	for _, id := range list.Volumes {
		volume, err := h.client.VolumeInfo(id)
		// heketi's client has no typed errors.
		if err != nil && strings.Contains(err.Error(), "Id not found") {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read heketi's volume %s: %w", id, err)
		}
		volumes = append(volumes, *volume)
	}
	return volumes, nil
}

// Dump is all that heketi's database holds, pending operations too, as JSON.
func (h *Heketi) Dump() (string, error) {
	dump, err := h.client.DbDump()
	if err != nil {
		return "", fmt.Errorf("cannot dump heketi's database: %w", err)
	}
	return dump, nil
}
