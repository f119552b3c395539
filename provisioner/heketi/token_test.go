package heketi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// tokenProblem says why heketi would refuse a request, or is empty. heketi wants
// a JSON Web Token that is signed with the user's key and made for just this
// method and path.
func tokenProblem(r *http.Request, now time.Time) string {
	if r.Header.Get("Authorization") == "" {
		return "there is none"
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "bearer ")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return "it is no bearer token of three parts"
	}
	mac := hmac.New(sha256.New, []byte(adminKey))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if signature, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
		return "it is not signed with the key"
	}
	var header struct{ Alg string }
	var claims struct {
		Iss, Qsh string
		Iat, Exp int64
	}
	if err := decode(parts[0], &header); err != nil || header.Alg != "HS256" {
		return fmt.Sprintf("its header says %q, %v; want HS256", header.Alg, err)
	}
	if err := decode(parts[1], &claims); err != nil {
		return err.Error()
	}
	hash := sha256.Sum256([]byte(r.Method + "&" + r.URL.Path))
	age := now.Sub(time.Unix(claims.Iat, 0))
	switch {
	case claims.Iss != adminUser:
		return fmt.Sprintf("it is of user %q, want %q", claims.Iss, adminUser)
	case claims.Qsh != hex.EncodeToString(hash[:]):
		return "it is for another method or path"
	case age < 0 || age > 30*time.Second:
		return fmt.Sprintf("it is %v old", age)
	case claims.Exp < now.Unix():
		return "it has expired"
	}
	return ""
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// leaks says what of the credentials a text shows, or is empty.
func leaks(text string) string {
	found := ""
	for _, secret := range []string{adminKey, "bearer", "Authorization", base64.RawURLEncoding.EncodeToString([]byte(`{"alg"`))} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			found += " " + secret
		}
	}
	return found
}
