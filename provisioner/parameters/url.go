package parameters

import (
	"net/url"
	"strconv"
	"strings"
)

const restURL = "resturl"

// readURL requires a URL without a path, since heketi answers a request with
// the path of the job from its own root.
func readURL(given values, into *Parameters) []Problem {
	value := given[restURL]
	parsed, err := url.Parse(value)
	if err != nil || !isServer(parsed) || strings.ContainsAny(value, "?#") {
		if strings.Contains(value, "@") {
			value = "" // a password may stand before the @
		}
		return refuse(restURL, value, "must be http://HOST[:PORT] or https://HOST[:PORT], without user, path, query or fragment")
	}
	server := url.URL{Scheme: parsed.Scheme, Host: parsed.Host}
	into.Server.URL = server.String()
	return nil
}

func isServer(u *url.URL) bool {
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
