package volume

import (
	"fmt"
	"strings"
)

// SecretRef names a Secret.
type SecretRef struct {
	Namespace string
	Name      string
}

// String returns "namespace/name".
func (r SecretRef) String() string { return r.Namespace + "/" + r.Name }

// ParseSecretRef reads what String writes.
func ParseSecretRef(text string) (*SecretRef, error) {
	namespace, name, found := strings.Cut(text, "/")
	if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("%q does not name a Secret; it must read namespace/name", text)
	}
	return &SecretRef{Namespace: namespace, Name: name}, nil
}

// Heketi says which heketi serves a volume and where its key is found. It never
// holds the key itself, so that it can be written onto a PersistentVolume.
type Heketi struct {
	// URL is the heketi's base URL: scheme and host, without a trailing slash.
	URL string
	// User is the name to sign requests with; empty where authentication is off.
	User string
	// Secret names the Secret with the key; nil where there is none.
	Secret *SecretRef
	// KeyInClass says that the key stands in the StorageClass (restuserkey).
	KeyInClass bool
}

// Way returns a text that tells the ways to a heketi apart. It is the same for volumes
// whose classes have the same URL, the same user, and the key in the same place.
func (h Heketi) Way(class string) string {
	way := fmt.Sprint(h.URL, " ", h.User, " ", h.Secret)
	if h.KeyInClass {
		way += " " + class
	}
	return way
}
