package heketi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// remedyFor says what to change when a connection fails for a reason that a person can
// mend; empty if it does not know.
func remedyFor(err error) string {
	var (
		unknown *tls.CertificateVerificationError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		issuer  x509.UnknownAuthorityError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &name):
		return "; have resturl use a name that its certificate is for"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "; give heketi a certificate that is valid now"
	case errors.As(err, &issuer):
		return "; put the certificate of its authority into ca.crt of the Secret"
	case errors.As(err, &unknown):
		return "; give heketi a certificate that is in order"
	case errors.As(err, &record) || err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "; it does not speak TLS there, so have resturl begin with http://"
	}
	return ""
}

// smallest is how heketi 10.3 says how small a volume may be, in KiB (apps/glusterfs/app_volume.go of its sources).
var smallest = regexp.MustCompile(`is smaller than the minimum supported volume size \((\d+)\)`)

// withRemedy adds to what heketi says what to request instead, where the size is wrong. heketi has KiB without a
// word for it, and passes on all that mkfs.xfs tells of how to use it.
func withRemedy(text string) string {
	if found := smallest.FindStringSubmatch(text); found != nil {
		if kib, err := strconv.ParseUint(found[1], 10, 64); err == nil {
			return fmt.Sprintf("%s; these are KiB, so request %dGi or more", text, (kib+1<<20-1)>>20)
		}
	}
	if said, _, is := strings.Cut(text, " Usage: mkfs.xfs"); is && strings.Contains(said, "Filesystem must be larger than") {
		return said + "; a brick would be smaller, so request more; that of an arbiter is the smallest"
	}
	return text
}

// leadsTo says where an answer leads that is a redirect, which is not followed.
func leadsTo(response *http.Response) string {
	if to := response.Header.Get("Location"); to != "" && response.StatusCode/100 == 3 {
		return "; it leads to " + presentable(to) + ", so have resturl say where heketi is"
	}
	return ""
}
