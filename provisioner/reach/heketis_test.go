package reach

import (
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

const url = "http://heketi:8080"

// connector keeps what it was to connect with.
type connector struct{ got []heketi.Credentials }

func (c *connector) Connect(credentials heketi.Credentials) (*heketi.Client, error) {
	c.got = append(c.got, credentials)
	return nil, nil
}

type classes map[string]*storagev1.StorageClass

func (c classes) Get(name string) (*storagev1.StorageClass, error) {
	if class, ok := c[name]; ok {
		return class, nil
	}
	return nil, apierrors.NewNotFound(storagev1.Resource("storageclasses"), name)
}

func classWith(name string, parameters map[string]string) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: "ours", Parameters: parameters}
}

func secretWith(secretType v1.SecretType, data map[string]string) *v1.Secret {
	secret := &v1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "storage", Name: "heketi"}, Type: secretType, Data: map[string][]byte{}}
	for key, value := range data {
		secret.Data[key] = []byte(value)
	}
	return secret
}

func withSecret() volume.Heketi {
	return volume.Heketi{URL: url, User: "admin", Secret: &volume.SecretRef{Namespace: "storage", Name: "heketi"}}
}

// connect returns what was connected with for class gold, which may be nothing.
func connect(t *testing.T, server volume.Heketi, known classes, secrets ...runtime.Object) ([]heketi.Credentials, error) {
	t.Helper()
	c := &connector{}
	_, err := New(Config{Secrets: fake.NewSimpleClientset(secrets...).CoreV1(), Classes: known, Connector: c}).Connect(t.Context(), server, "gold")
	return c.got, err
}

// mustRefuse checks that an error says all of the words, and that nothing was sent.
func mustRefuse(t *testing.T, sent []heketi.Credentials, err error, words ...string) {
	t.Helper()
	if err == nil || len(sent) > 0 {
		t.Fatalf("got error %v, and connected with %+v", err, sent)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

func mustConnect(t *testing.T, sent []heketi.Credentials, err error, want heketi.Credentials) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(sent, []heketi.Credentials{want}) {
		t.Errorf("connected with %+v, %v; want %+v", sent, err, want)
	}
}

func TestNoKeyIsNeeded(t *testing.T) {
	sent, err := connect(t, volume.Heketi{URL: url}, nil)
	mustConnect(t, sent, err, heketi.Credentials{URL: url})
}

func TestKeyInClass(t *testing.T) {
	server := volume.Heketi{URL: url, User: "admin", KeyInClass: true}
	inClass := map[string]string{"resturl": url, "restuser": "admin", "restuserkey": "secret"}
	sent, err := connect(t, server, classes{"gold": classWith("gold", inClass)})
	mustConnect(t, sent, err, heketi.Credentials{URL: url, User: "admin", Key: "secret"})

	sent, err = connect(t, server, nil)
	mustRefuse(t, sent, err, `"gold"`, "put the key into a Secret", volume.AnnotationSecret)
	elsewhere := map[string]string{"resturl": "http://other:8080", "restuser": "admin", "restuserkey": "secret"}
	sent, err = connect(t, server, classes{"gold": classWith("gold", elsewhere)})
	mustRefuse(t, sent, err, "another heketi or user", "put the key into a Secret")
	sent, err = connect(t, server, classes{"gold": classWith("gold", map[string]string{"resturl": "no"})})
	mustRefuse(t, sent, err, "parameters are wrong")
}

// TestAsAClassSays reads nothing that stands in the parameters already.
func TestAsAClassSays(t *testing.T) {
	params, err := parameters.Parse(map[string]string{"resturl": url, "restuser": "admin", "restuserkey": "secret"})
	if err != nil {
		t.Fatal(err)
	}
	c := &connector{}
	_, err = New(Config{Connector: c}).ConnectAs(t.Context(), params, "gold")
	mustConnect(t, c.got, err, heketi.Credentials{URL: url, User: "admin", Key: "secret"})
}
