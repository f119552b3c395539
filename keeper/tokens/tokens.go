package tokens

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/form3tech-oss/jwt-go"
)

// The users of heketi.
const (
	Admin = "admin"
	User  = "user"
)

const (
	// life is how long a token counts.
	life = 5 * time.Minute
	// leeway is how far the clock of who signs may be ahead. It is heketi's own.
	leeway = 2 * time.Minute
)

// claims are what a token says.
type claims struct {
	Issuer    string `json:"iss"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
	// Request is a hash of the method and the path of the one request that it counts for.
	Request string `json:"qsh"`
}

// Valid returns why the token does not count now.
func (c claims) Valid() error {
	now := time.Now()
	switch {
	case !now.Before(time.Unix(c.ExpiresAt, 0)):
		return errors.New("the token has expired; the clocks may differ")
	case now.Before(time.Unix(c.IssuedAt, 0).Add(-leeway)):
		return errors.New("the token was used before it was issued; the clocks differ")
	}
	return nil
}

// hashOf tells a request from others.
func hashOf(request *http.Request) string {
	sum := sha256.Sum256([]byte(request.Method + "&" + request.URL.Path))
	return hex.EncodeToString(sum[:])
}

// Sign signs a request as the user with the key.
func Sign(request *http.Request, user, key string) error {
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Issuer: user, IssuedAt: now.Unix(), ExpiresAt: now.Add(life).Unix(), Request: hashOf(request),
	}).SignedString([]byte(key))
	if err != nil {
		return fmt.Errorf("cannot sign a request to heketi: %w", err)
	}
	request.Header.Set("Authorization", "bearer "+token)
	return nil
}

// SignedBy returns the user who has signed a request. Keys has the keys of the users that there are.
func SignedBy(request *http.Request, keys map[string]string) (user string, err error) {
	scheme, text, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if text == "" || !strings.EqualFold(scheme, "bearer") {
		return "", errors.New("the request has no token; sign it with the key of a user")
	}
	var said claims
	_, err = jwt.ParseWithClaims(text, &said, func(token *jwt.Token) (any, error) {
		key := keys[said.Issuer]
		switch {
		case token.Method != jwt.SigningMethodHS256:
			return nil, fmt.Errorf("the token is signed by %v, not by HS256", token.Header["alg"])
		case key == "":
			return nil, fmt.Errorf("there is no user %q", said.Issuer)
		}
		return []byte(key), nil
	})
	switch {
	case errors.Is(err, jwt.ErrSignatureInvalid) || err != nil && err.Error() == jwt.ErrSignatureInvalid.Error():
		return "", fmt.Errorf("the token is not signed with the key of user %s", said.Issuer)
	case err != nil:
		return "", fmt.Errorf("the token does not count: %w", err)
	case said.Request != hashOf(request):
		return "", errors.New("the token is for another request")
	}
	return said.Issuer, nil
}
