package parameters

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

const restURL = "resturl"

// readURL requires a URL without a path, since heketi answers a request with
// the path of the job from its own root.
func readURL(given values, into *Parameters) []Problem {
	value := given[restURL]
	base, err := BaseURL(value)
	if err != nil {
		if strings.Contains(value, "@") {
			value = "" // a password may stand before the @
		}
		return refuse(restURL, value, err.Error())
	}
	into.Heketi.URL = base
	return nil
}

var errNotBaseURL = errors.New("must be http://HOST[:PORT] or https://HOST[:PORT], without user, path, query or fragment")

// BaseURL returns a heketi's URL in the form in which volume.Heketi has it: scheme and
// host, without a trailing slash. The error says what the URL must be, and does not
// show the text, which may have a password in it.
func BaseURL(text string) (string, error) {
	parsed, err := url.Parse(text)
	if err != nil || !isBase(parsed) || strings.ContainsAny(text, "?#") {
		return "", errNotBaseURL
	}
	base := url.URL{Scheme: parsed.Scheme, Host: parsed.Host}
	return base.String(), nil
}

func isBase(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") &&
		u.Hostname() != "" && hasValidPort(u) &&
		u.User == nil && (u.Path == "" || u.Path == "/")
}

func hasValidPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}
