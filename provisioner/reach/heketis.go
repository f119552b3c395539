package reach

import (
	"context"
	"fmt"

	"golang.org/x/sync/singleflight"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Classes looks a StorageClass up. A lister of them is one.
type Classes interface {
	Get(name string) (*storagev1.StorageClass, error)
}

// Connector makes clients for heketis, without asking them anything. A
// heketi.Connector is one.
type Connector interface {
	Connect(heketi.Credentials) (*heketi.Client, error)
}

// Config is what Heketis works with. All fields are required.
type Config struct {
	// Secrets reads Secrets, with a GET.
	Secrets corev1.SecretsGetter
	// Classes has the keys that stand in classes.
	Classes Classes
	// Connector connects.
	Connector Connector
}

// Heketis connects to the heketis that classes and PersistentVolumes name. It is safe
// for concurrent use.
type Heketis struct {
	Config
	// reads joins those who read the same Secret at the same time.
	reads singleflight.Group
	// lately has the Secrets that were read within secretAge, by namespace and name.
	lately *cache.Expiring
}

// New returns what connects to heketis.
func New(config Config) *Heketis { return &Heketis{Config: config, lately: cache.NewExpiring()} }

// KeyError says why there is no key for a heketi.
type KeyError struct{ error }

// Unwrap returns the reason, which may be that the API server did not answer.
func (e *KeyError) Unwrap() error { return e.error }

// Connect returns a client for a heketi. The key comes from the Secret that the server
// names, as it was at most a second ago, so that a rotated key is used at the next try. If
// the server names none, the key may stand in the class of that name. Some heketis need none.
//
// An error names the Secret or the class, and the remedy. heketi was sent nothing then. It is
// a *KeyError if there is no key that may be used.
func (h *Heketis) Connect(ctx context.Context, server volume.Heketi, class string) (*heketi.Client, error) {
	credentials := heketi.Credentials{URL: server.URL, User: server.User}
	var err error
	switch {
	case server.Secret != nil:
		err = h.readSecret(ctx, *server.Secret, &credentials)
	case server.KeyInClass:
		credentials.Key, err = h.keyInClass(server, class)
	}
	if err != nil {
		return nil, &KeyError{err}
	}
	return h.Connector.Connect(credentials)
}

// ConnectAs returns a client for the heketi of a class that was just parsed. Its errors
// are those of Connect.
func (h *Heketis) ConnectAs(ctx context.Context, params *parameters.Parameters, class string) (*heketi.Client, error) {
	if params.Heketi.KeyInClass {
		return h.Connector.Connect(heketi.Credentials{URL: params.Heketi.URL, User: params.Heketi.User, Key: params.UserKey})
	}
	return h.Connect(ctx, params.Heketi, class)
}

// keyInClass returns the key that stands in a class, if the class still names
// the same heketi.
func (h *Heketis) keyInClass(server volume.Heketi, name string) (string, error) {
	const remedy = "put the key into a Secret and name it in annotation " + volume.AnnotationSecret + " (namespace/name) of the PersistentVolume"
	class, err := h.Classes.Get(name)
	if err != nil {
		return "", fmt.Errorf("heketi's key stood in StorageClass %q, which cannot be read: %w; %s", name, err, remedy)
	}
	params, err := parameters.Parse(class.Parameters)
	if err != nil {
		return "", fmt.Errorf("heketi's key stands in StorageClass %q, whose parameters are wrong: %w", name, err)
	}
	if params.Heketi != server {
		return "", fmt.Errorf("heketi's key stood in StorageClass %q, which is for another heketi or user now; %s", name, remedy)
	}
	return params.UserKey, nil
}
