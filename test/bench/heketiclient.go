package bench

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

// Volumes are all complete volumes of heketi, without their hosts, and of their bricks
// only the ids: what a dump of its database has, which is one request for all of them.
func (h *Heketi) Volumes() ([]api.VolumeInfoResponse, error) {
	dump, err := h.Dump()
	if err != nil {
		return nil, err
	}
	// Of what is in apps/glusterfs/dbcommon.go and volume_entry.go of heketi.
	var database struct {
		Volumes map[string]struct {
			Info                 api.VolumeInfo
			Bricks               []string
			GlusterVolumeOptions []string
			Pending              struct{ ID string }
		} `json:"volumeentries"`
	}
	if err := json.Unmarshal([]byte(dump), &database); err != nil {
		return nil, fmt.Errorf("cannot read the dump of heketi's database: %w", err)
	}
	volumes := make([]api.VolumeInfoResponse, 0, len(database.Volumes))
	for _, entry := range database.Volumes {
		if entry.Pending.ID != "" {
			continue
		}
		volume := api.VolumeInfoResponse{VolumeInfo: entry.Info}
		volume.GlusterVolumeOptions = entry.GlusterVolumeOptions
		for _, id := range entry.Bricks {
			volume.Bricks = append(volume.Bricks, api.BrickInfo{Id: id})
		}
		volumes = append(volumes, volume)
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
