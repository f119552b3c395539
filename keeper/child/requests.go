package child

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/keeper/tokens"
)

// URL is where heketi answers.
func (h *Heketi) URL() *url.URL { return h.url }

// Transport carries requests to heketi.
func (h *Heketi) Transport() http.RoundTripper { return h.client.Transport }

// Sign signs a request as heketi's user.
func (h *Heketi) Sign(request *http.Request, user string) error {
	return tokens.Sign(request, user, h.keys[user].Key)
}

// AdminKey is what requests of heketi's admin are signed with.
func (h *Heketi) AdminKey() string { return h.keys[tokens.Admin].Key }

// Database returns heketi's database, as it is in one moment.
func (h *Heketi) Database(ctx context.Context) ([]byte, error) { return h.get(ctx, "/backup/db") }

// Dump returns heketi's database in JSON.
func (h *Heketi) Dump(ctx context.Context) ([]byte, error) { return h.get(ctx, "/db/dump") }

// InFlight returns how many operations heketi is working on.
func (h *Heketi) InFlight(ctx context.Context) (uint64, error) {
	text, err := h.get(ctx, "/operations")
	if err != nil {
		return 0, err
	}
	var operations api.OperationsInfo
	if err := json.Unmarshal(text, &operations); err != nil {
		return 0, fmt.Errorf("cannot read heketi's operations: %w", err)
	}
	return operations.InFlight, nil
}

func (h *Heketi) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url.JoinPath(path).String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	if err := h.Sign(request, tokens.Admin); err != nil {
		return nil, err
	}
	response, err := h.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("heketi does not answer: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("heketi's answer to GET %s is broken off: %w", path, err)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("heketi answers GET %s with %s: %.200s", path, response.Status, body)
	}
	return body, nil
}
