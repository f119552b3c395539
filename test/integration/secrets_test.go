package integration

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

func newSecret(t *testing.T, namespace, name, kind string, data map[string]string) *v1.Secret {
	t.Helper()
	secret := &v1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: v1.SecretType(kind), StringData: data}
	return must[*v1.Secret](t)(env.client.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{}))
}

// withSecret are a class's parameters that name a Secret.
func withSecret(secret *v1.Secret) map[string]string {
	return map[string]string{"restuser": "admin", "secretNamespace": secret.Namespace, "secretName": secret.Name}
}

// forgetSecrets waits for as long as a Secret that was read counts.
func forgetSecrets() { time.Sleep(time.Second) }

func TestSecretTypes(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	for name, test := range map[string]struct {
		kind  string
		data  map[string]string
		event []string // none: the claim is Bound
	}{
		"ours":                 {"gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()}, nil},
		"the in-tree plugin's": {"kubernetes.io/glusterfs", map[string]string{"key": heketi.AdminKey()}, nil},
		"the former":           {"gluster.org/glusterfile", map[string]string{"key": heketi.AdminKey()}, nil},
		"somebody else's":      {"Opaque", map[string]string{"key": heketi.AdminKey()}, []string{`type "Opaque"`, "gluster.org/glusterfs"}},
		"without a key":        {"gluster.org/glusterfs", map[string]string{"password": "x"}, []string{`no data "key"`}},
		"with the wrong key":   {"gluster.org/glusterfs", map[string]string{"key": "wrong"}, []string{"unauthorized"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := newSecret(t, namespace, unique("secret"), test.kind, test.data)
			claim := newClaim(t, namespace, newClass(t, p, heketi, withSecret(secret)).Name, "1Gi")
			if test.event == nil {
				waitBound(t, claim)
				return
			}
			waitEvent(t, claim.UID, append(test.event, "ProvisioningFailed")...)
		})
	}
}

// TestKeyIsRotated changes heketi's key between making a volume and deleting it,
// and corrects a wrong one: the Secret is read again when it is a second old.
func TestKeyIsRotated(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": "wrong"})
	claim := newClaim(t, namespace, newClass(t, p, heketi, withSecret(secret)).Name, "1Gi")
	waitEvent(t, claim.UID, "unauthorized", "signature is invalid")

	setKey := func(key string) {
		secret.StringData = map[string]string{"key": key}
		secret = must[*v1.Secret](t)(env.client.CoreV1().Secrets(namespace).Update(t.Context(), secret, metav1.UpdateOptions{}))
	}
	setKey(heketi.AdminKey())
	pv := waitBound(t, claim)
	setKey("wrong again")
	forgetSecrets()
	deleteClaim(t, claim)
	waitEvent(t, pv.UID, "VolumeFailedDelete", "unauthorized")
	setKey(heketi.AdminKey())
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
}

// TestOwnCertificateAuthority talks to a heketi with https whose certificate
// only the Secret's ca.crt vouches for.
func TestOwnCertificateAuthority(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true, TLS: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)

	unknown := newSecret(t, namespace, "without-ca", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	claim := newClaim(t, namespace, newClass(t, p, heketi, withSecret(unknown)).Name, "1Gi")
	waitEvent(t, claim.UID, "unavailable", "certificate")

	trusted := newSecret(t, namespace, "with-ca", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey(), "ca.crt": string(heketi.CA())})
	claim = newClaim(t, namespace, newClass(t, p, heketi, withSecret(trusted)).Name, "1Gi")
	pv := waitBound(t, claim)
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
}

// TestKeyInClass uses restuserkey: it works, with a warning, also for deletion,
// and the key is nowhere but in the class.
func TestKeyInClass(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, map[string]string{"restuser": "admin", "restuserkey": heketi.AdminKey()})
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	waitEvent(t, claim.UID, "restuserkey", "secretName")

	deleteClass(t, class.Name)
	deleteClaim(t, claim)
	waitEvent(t, pv.UID, "VolumeFailedDelete", volume.AnnotationSecret)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "annotate", "pv", pv.Name, volume.AnnotationSecret+"="+namespace+"/"+secret.Name))
	waitVolumeGone(t, pv.Name)

	for _, text := range append(eventsOf(claim.UID), string(must[[]byte](t)(json.Marshal(pv))), p.Output()) {
		if strings.Contains(text, heketi.AdminKey()) {
			t.Errorf("the key is in %q", text)
		}
	}
}

// TestKeyIsInNoLog makes, grows and deletes a volume, and is refused by heketi, at the highest
// verbosity that there is. The key is in no line, in no form.
func TestKeyIsInNoLog(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	namespace := newNamespace(t)
	right := newSecret(t, namespace, "right", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	wrong := newSecret(t, namespace, "wrong", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey() + "-not"})
	p := launch(t, "test.gluster.org/"+unique("p"), "--v=7")
	p.waitLeading(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, withSecret(right), growable).Name, "1Gi")
	waitBound(t, claim)
	mustRequest(t, claim, "2Gi")
	waitSize(t, heketi, claim, 2)
	deleteClaim(t, claim)
	waitNothingLeft(t, heketi, namespace)
	refused := newClaim(t, namespace, newClass(t, p, heketi, withSecret(wrong)).Name, "1Gi")
	waitEvent(t, refused.UID, "ProvisioningFailed", "unauthorized")
	p.endWell(t)
	key := heketi.AdminKey()
	for _, form := range []string{key, base64.StdEncoding.EncodeToString([]byte(key)), url.QueryEscape(key), hex.EncodeToString([]byte(key))} {
		if strings.Contains(p.Output(), form) {
			t.Errorf("the log has the key, as %q", form)
		}
	}
}
