package parameters

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

const restURL = "resturl"

const restURLWanted = "must be http://HOST[:PORT] or https://HOST[:PORT], without user, path, query or fragment"

// urlForm has no path, since heketi answers a request with the path of the job from its own
// root. Its host is a name or an IPv6 address, its port a number from 1 to 65535.
var urlForm = regexp.MustCompile(`^(?i:https?)://` +
	`([\p{L}\p{M}\p{N}._-]+|\[[0-9A-Fa-f:.]+(%25[A-Za-z0-9._~-]+)?\])` +
	`(:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?/?$`)

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

var admittedURL = []condition{{
	parameter: restURL,
	holds:     "isURL(" + value(restURL) + ") && " + matches(restURL, urlForm),
	shown:     value(restURL) + ".contains('@') ? '' : " + value(restURL),
	wanted:    restURLWanted,
}}

// BaseURL returns a heketi's URL in the form in which volume.Heketi has it: scheme and
// host, without a trailing slash. The error says what the URL must be, and does not
// show the text, which may have a password in it.
func BaseURL(text string) (string, error) {
	parsed, err := url.Parse(text)
	if err != nil || !urlForm.MatchString(text) {
		return "", errors.New(restURLWanted)
	}
	base := url.URL{Scheme: parsed.Scheme, Host: parsed.Host}
	return base.String(), nil
}
