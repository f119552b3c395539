package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"glusterfs-provisioner/keeper/tokens"
)

// TestInside asks without a connection. What is answered is what a client is answered.
func TestInside(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ask := func(ctx context.Context, key string) (int, string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/volumes", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := tokens.Sign(request, tokens.Admin, key); err != nil {
			t.Fatal(err)
		}
		response, err := s.Inside().RoundTrip(request)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return response.StatusCode, string(body), err
	}
	if status, body, err := ask(t.Context(), keys[tokens.Admin]); status != http.StatusAccepted || body != "answer" || err != nil || s.saved != s.database {
		t.Errorf("got %d %s, %v", status, body, err)
	}
	if status, body, _ := ask(t.Context(), "another"); status != http.StatusUnauthorized || !strings.Contains(body, "not signed with the key") {
		t.Errorf("with another key, got %d %s", status, body)
	}
	s.fail(errors.New("the API server is away"))
	if status, body, _ := ask(t.Context(), keys[tokens.Admin]); status != http.StatusServiceUnavailable || !strings.Contains(body, "nothing was begun") {
		t.Errorf("while nothing can be saved, got %d %s", status, body)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, _, err := ask(ended, keys[tokens.Admin]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
