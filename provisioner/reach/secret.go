package reach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// secretTypes are the types of Secret whose content may be sent to a heketi: ours, the
// in-tree plugin's, and the former external provisioner's. The type keeps a class from
// sending somebody's other Secret to a server of its choice.
var secretTypes = []v1.SecretType{"gluster.org/glusterfs", "kubernetes.io/glusterfs", "gluster.org/glusterfile"}

// secretAge is how long a Secret that was read is used. Many claims at once have the same
// one, and reading it for each costs the API server as much as a tenth of such a burst.
const secretAge = time.Second

const (
	secretKey = "key"
	secretCA  = "ca.crt"
	secretURL = "url"
)

// readSecret fills the key and the certificates in for the heketi whose URL is there.
func (h *Heketis) readSecret(ctx context.Context, ref volume.SecretRef, into *heketi.Credentials) error {
	secret, err := h.secret(ctx, ref)
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("cannot read Secret %s with heketi's key: %w; allow the provisioner to read Secrets of namespace %s: "+
			"kubectl apply -n %[3]s -f deploy/secrets-in-namespaces/ makes the Role for it; a Role that has resourceNames has to list this Secret", ref, err, ref.Namespace)
	}
	if err != nil {
		failure := fmt.Errorf("cannot read Secret %s with heketi's key: %w", ref, err)
		if apierrors.IsNotFound(err) {
			return failure
		}
		return unread{failure}
	}
	if err := CheckSecret(secret, ref, into.URL); err != nil {
		return err
	}
	into.Key, into.CA = string(secret.Data[secretKey]), secret.Data[secretCA]
	return nil
}

// CheckSecret returns an error if the Secret of that name has no key that may be used for the
// heketi at that URL. It says what is wrong, and shows nothing of what is in the Secret.
func CheckSecret(secret *v1.Secret, ref volume.SecretRef, url string) error {
	for _, check := range []func(*v1.Secret, volume.SecretRef) error{checkType, checkURLs, checkKey} {
		if err := check(secret, ref); err != nil {
			return err
		}
	}
	return isFor(secret, ref, url)
}

// IsUnread says whether an error of Connect only means that the API server did not answer
// what is in the Secret.
func IsUnread(err error) bool { return errors.As(err, &unread{}) }

type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// SecretProblems returns all that keeps a Secret from being used for a heketi, each with its
// remedy. Of a Secret that was read from a file, stringData has to be in data.
func SecretProblems(secret *v1.Secret) []string {
	var problems []string
	ref := volume.SecretRef{Namespace: secret.Namespace, Name: secret.Name}
	for _, check := range []func(*v1.Secret, volume.SecretRef) error{checkType, checkURLs, checkKey, checkCA} {
		if err := check(secret, ref); err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

// SecretAdvice returns what of a Secret that can be used is probably not meant.
func SecretAdvice(secret *v1.Secret) []string {
	key := string(secret.Data[secretKey])
	if key == "" || strings.TrimSpace(key) == key {
		return nil
	}
	return []string{fmt.Sprintf("data %q begins or ends in white space, which is part of the key then; make it with printf, or with echo -n", secretKey)}
}

// IsForHeketis says whether a Secret has a type of those whose content may be sent to a
// heketi.
func IsForHeketis(secret *v1.Secret) bool { return slices.Contains(secretTypes, secret.Type) }

func checkType(secret *v1.Secret, ref volume.SecretRef) error {
	if IsForHeketis(secret) {
		return nil
	}
	return fmt.Errorf("Secret %s has type %q, so its key is not sent to heketi; make it again with type %s", ref, secret.Type, anyOf(secretTypes))
}

func checkKey(secret *v1.Secret, ref volume.SecretRef) error {
	if len(secret.Data[secretKey]) > 0 {
		return nil
	}
	return fmt.Errorf("Secret %s has no data %q; put the key of heketi's user there", ref, secretKey)
}

// checkURLs does not show the text of a URL, because whoever sees the error may have no right
// to read the Secret.
func checkURLs(secret *v1.Secret, ref volume.SecretRef) error {
	for i, text := range strings.Fields(string(secret.Data[secretURL])) {
		if _, err := parameters.BaseURL(text); err != nil {
			return fmt.Errorf("Secret %s: URL %d in data %q %w", ref, i+1, secretURL, err)
		}
	}
	return nil
}

func checkCA(secret *v1.Secret, ref volume.SecretRef) error {
	if err := heketi.CheckCA(secret.Data[secretCA]); err != nil {
		return fmt.Errorf("Secret %s: data %q: %w; put the certificate of heketi's authority there, or leave it out", ref, secretCA, err)
	}
	return nil
}

// secret returns a Secret as it was at most secretAge ago. A failed reading is not kept.
func (h *Heketis) secret(ctx context.Context, ref volume.SecretRef) (*v1.Secret, error) {
	read, err, _ := h.reads.Do(ref.String(), func() (any, error) {
		if lately, ok := h.lately.Get(ref); ok {
			return lately, nil
		}
		secret, err := h.Secrets.Secrets(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		h.lately.Set(ref, secret, secretAge)
		return secret, nil
	})
	if err != nil {
		return nil, err
	}
	return read.(*v1.Secret), nil
}

// isFor returns an error if a Secret names the heketis that its key is for, and the given
// one is not among them. A class could have requests signed with the key and sent to a
// server of its choice. That server may send them on to the right heketi, because heketi's
// tokens count for some minutes and say nothing of the host.
func isFor(secret *v1.Secret, ref volume.SecretRef, url string) error {
	named, ok := secret.Data[secretURL]
	if !ok {
		return nil
	}
	asked, err := parameters.BaseURL(url)
	if err != nil {
		return fmt.Errorf("Secret %s says in data %q which heketis its key is for, and the URL of this one, in annotation %s of the PersistentVolume, %w", ref, secretURL, volume.AnnotationURL, err)
	}
	for text := range strings.FieldsSeq(string(named)) {
		if allowed, err := parameters.BaseURL(text); err == nil && allowed == asked {
			return nil
		}
	}
	return fmt.Errorf("Secret %s says in data %q which heketis its key is for, and %s is not among them, so nothing is signed with it; "+
		"add that URL there if the key may be used for it; if not, correct resturl of the StorageClass, or annotation %s of the PersistentVolume", ref, secretURL, asked, volume.AnnotationURL)
}

func anyOf(types []v1.SecretType) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, fmt.Sprintf("%q", string(t)))
	}
	return strings.Join(names, " or ")
}
