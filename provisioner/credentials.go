package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// secretTypes are the types of Secret whose content may be sent to a heketi:
// ours, the in-tree plugin's, and the former external provisioner's. The type
// keeps a class from sending somebody's other Secret to a server of its choice.
var secretTypes = []v1.SecretType{"gluster.org/glusterfs", "kubernetes.io/glusterfs", "gluster.org/glusterfile"}

const (
	secretKey = "key"
	secretCA  = "ca.crt"
)

// connect returns a client for a heketi. The key comes from the Secret that the
// server names, read anew each time so that a rotated key is used at once, or
// else from the class of that name, or there is none.
func (p *Provisioner) connect(ctx context.Context, server volume.Server, class string) (*heketi.Client, error) {
	credentials := heketi.Credentials{URL: server.URL, User: server.User}
	var err error
	switch {
	case server.Secret != nil:
		err = p.readSecret(ctx, *server.Secret, &credentials)
	case server.KeyInClass:
		credentials.Key, err = p.keyInClass(server, class)
	}
	if err != nil {
		return nil, err
	}
	return p.Heketi.Connect(credentials)
}

func (p *Provisioner) readSecret(ctx context.Context, ref volume.SecretRef, into *heketi.Credentials) error {
	// Of a hundred claims at once, nearly all have the same Secret.
	read, err, _ := p.secrets.Do(ref.String(), func() (any, error) {
		return p.Client.CoreV1().Secrets(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	})
	if err != nil {
		return fmt.Errorf("cannot read Secret %s with heketi's key: %w", ref, err)
	}
	secret := read.(*v1.Secret)
	if !slices.Contains(secretTypes, secret.Type) {
		return fmt.Errorf("Secret %s has type %q, so its key is not sent to heketi; make it again with type %s", ref, secret.Type, anyOf(secretTypes))
	}
	key, ok := secret.Data[secretKey]
	if !ok || len(key) == 0 {
		return fmt.Errorf("Secret %s has no data %q; put the key of heketi's user there", ref, secretKey)
	}
	into.Key, into.CA = string(key), secret.Data[secretCA]
	return nil
}

func anyOf(types []v1.SecretType) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, fmt.Sprintf("%q", string(t)))
	}
	return strings.Join(names, " or ")
}

// keyInClass returns the key that stands in a class, if the class still names
// the same heketi.
func (p *Provisioner) keyInClass(server volume.Server, name string) (string, error) {
	const remedy = "put the key into a Secret and name it in annotation " + volume.AnnotationSecret + " (namespace/name) of the PersistentVolume"
	class, err := p.Informers.Storage().V1().StorageClasses().Lister().Get(name)
	if err != nil {
		return "", fmt.Errorf("heketi's key stood in StorageClass %q, which cannot be read: %w; %s", name, err, remedy)
	}
	params, err := parameters.Parse(class.Parameters)
	if err != nil {
		return "", fmt.Errorf("heketi's key stands in StorageClass %q, whose parameters are wrong: %w", name, err)
	}
	if params.Server != server {
		return "", fmt.Errorf("heketi's key stood in StorageClass %q, which is for another heketi or user now; %s", name, remedy)
	}
	return params.UserKey, nil
}
