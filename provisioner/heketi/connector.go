package heketi

import (
	"fmt"
	"net/url"
	"sync"
	"time"

	"glusterfs-provisioner/provisioner/gluster"
)

// Credentials say how to reach one heketi and sign requests to it.
type Credentials struct {
	// URL is the base URL, without a trailing slash.
	URL string
	// User and Key sign requests; both may be empty where heketi does not ask.
	User, Key string
	// CA holds PEM certificates to trust instead of the system's; may be empty.
	CA []byte
}

// Connector connects to any number of heketis. It keeps for each one its
// connections, the count of operations under way, and its list of clusters. It
// is safe for concurrent use.
type Connector struct {
	config Config

	mu      sync.Mutex
	heketis map[string]*backend
}

// NewConnector returns a connector with the given bounds.
func NewConnector(config Config) *Connector {
	return &Connector{config: config, heketis: map[string]*backend{}}
}

// backend is what is shared by all that talk to one heketi.
type backend struct {
	url     string
	places  *places
	breaker *breaker
	pace    *pace

	transports *transports
	clusters   clusterList
	condition  condition

	room  *room
	looks *looks[*gluster.State]
	dumps *looks[*gluster.Dump]
	left  left
}

// Lateness is how long after an ErrInterrupted the request may still reach heketi and be
// carried out. It is as long as a request may take. Whatever makes heketi hang for longer
// is no matter of chance.
func (c *Connector) Lateness() time.Duration { return c.config.RequestTimeout }

// MaxInFlight is how many operations one heketi is asked to work on at a time.
func (c *Connector) MaxInFlight() int { return c.config.MaxInFlight }

// OperationTimeout bounds one operation in a heketi, and the wait for its turn.
func (c *Connector) OperationTimeout() time.Duration { return c.config.OperationTimeout }

// Connect returns a client for one heketi. It makes no request. It returns an error if the
// URL cannot be parsed or the CA holds no certificate.
func (c *Connector) Connect(credentials Credentials) (*Client, error) {
	base, err := url.Parse(credentials.URL)
	if err != nil {
		return nil, err
	}
	b := c.backend(credentials.URL)
	transport, err := b.transports.trusting(credentials.CA, c.config)
	if err != nil {
		return nil, fmt.Errorf("ca.crt for heketi %s: %w", credentials.URL, err)
	}
	return &Client{config: c.config, credentials: credentials, base: base, backend: b, transport: transport}, nil
}

func (c *Connector) backend(url string) *backend {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.heketis[url]
	if !ok {
		b = &backend{
			url: url, places: newPlaces(c.config.MaxInFlight), breaker: newBreaker(), pace: newPace(), transports: newTransports(), room: newRoom(),
			looks: newLooks[*gluster.State](lookAge), dumps: newLooks[*gluster.Dump](dumpAge), left: newLeft(),
		}
		c.heketis[url] = b
	}
	return b
}
