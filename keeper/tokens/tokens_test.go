package tokens

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/form3tech-oss/jwt-go"
)

var keys = map[string]string{Admin: "key of the admin", User: "key of the user"}

func requestOf(t *testing.T, method, path string) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
}

func TestWhoSignsIsKnown(t *testing.T) {
	for user, key := range keys {
		request := requestOf(t, http.MethodPost, "/volumes?x=y")
		if err := Sign(request, user, key); err != nil {
			t.Fatal(err)
		}
		if got, err := SignedBy(request, keys); err != nil || got != user {
			t.Errorf("got %q, %v; want %q", got, err, user)
		}
	}
}

// TestWhoDoesNotSignIsRefused has a request for each way in which a token may be wrong.
func TestWhoDoesNotSignIsRefused(t *testing.T) {
	signed := func(method jwt.SigningMethod, key any, change func(*claims)) string {
		now := time.Now()
		said := claims{Issuer: Admin, IssuedAt: now.Unix(), ExpiresAt: now.Add(time.Minute).Unix(), Request: hashOf(requestOf(t, http.MethodGet, "/volumes"))}
		change(&said)
		text, err := jwt.NewWithClaims(method, said).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + text
	}
	nothing := func(*claims) {}
	right := signed(jwt.SigningMethodHS256, []byte(keys[Admin]), nothing)
	for name, test := range map[string]struct{ header, want string }{
		"no header":        {"", "no token"},
		"no token":         {"Bearer ", "no token"},
		"another scheme":   {"Basic " + strings.TrimPrefix(right, "Bearer "), "no token"},
		"no token at all":  {"Bearer nonsense", "does not count"},
		"another key":      {signed(jwt.SigningMethodHS256, []byte("guess"), nothing), "not signed with the key of user admin"},
		"an empty key":     {signed(jwt.SigningMethodHS256, []byte{}, func(c *claims) { c.Issuer = "nobody" }), `no user "nobody"`},
		"key of the user":  {signed(jwt.SigningMethodHS256, []byte(keys[User]), nothing), "not signed with the key of user admin"},
		"not signed":       {signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nothing), "not by HS256"},
		"expired":          {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.ExpiresAt = time.Now().Unix() }), "expired"},
		"never expires":    {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.ExpiresAt = 0 }), "expired"},
		"of the future":    {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.IssuedAt += 300 }), "before it was issued"},
		"of another path":  {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.Request = hashOf(requestOf(t, http.MethodGet, "/nodes")) }), "another request"},
		"of no request":    {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.Request = "" }), "another request"},
		"of another verb":  {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.Request = hashOf(requestOf(t, http.MethodPost, "/volumes")) }), "another request"},
		"cut short":        {right[:len(right)-4], "not signed"},
		"of an empty user": {signed(jwt.SigningMethodHS256, []byte(keys[Admin]), func(c *claims) { c.Issuer = "" }), `no user ""`},
	} {
		request := requestOf(t, http.MethodGet, "/volumes")
		request.Header.Set("Authorization", test.header)
		if user, err := SignedBy(request, keys); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, %v; want an error with %q", name, user, err, test.want)
		}
	}
	if user, err := SignedBy(requestOf(t, http.MethodGet, "/volumes"), nil); err == nil {
		t.Errorf("without keys, it is %q", user)
	}
}

// TestATokenCountsForSomeTime lets the time pass.
func TestATokenCountsForSomeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		request := requestOf(t, http.MethodGet, "/volumes")
		if err := Sign(request, Admin, keys[Admin]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(life - time.Second)
		if _, err := SignedBy(request, keys); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		if _, err := SignedBy(request, keys); err == nil {
			t.Error("it still counts")
		}
	})
}

// FuzzSignedBy has anything stand in the header of a request. Nobody signs by guessing.
func FuzzSignedBy(f *testing.F) {
	secret := map[string]string{Admin: rand.Text(), User: rand.Text()}
	for _, seed := range []struct{ user, key string }{{Admin, keys[Admin]}, {User, ""}, {"", keys[Admin]}} {
		request := httptest.NewRequestWithContext(f.Context(), http.MethodGet, "/volumes", http.NoBody)
		if err := Sign(request, seed.user, seed.key); err != nil {
			f.Fatal(err)
		}
		f.Add(request.Header.Get("Authorization"))
	}
	for _, seed := range []string{"", "bearer", "bearer ..", "Basic YTpi", "bearer eyJhbGciOiJub25lIn0.e30.", "bearer eyJhbGciOiJIUzI1NiIsImFsZyI6MX0.bnVsbA.AA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		request := requestOf(t, http.MethodGet, "/volumes")
		request.Header.Set("Authorization", header)
		if user, err := SignedBy(request, secret); err == nil || user != "" {
			t.Errorf("%q counts as signed by %q, %v", header, user, err)
		}
	})
}
