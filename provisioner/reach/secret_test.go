package reach

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/provisioner/heketi"
)

func TestKeyInSecret(t *testing.T) {
	for _, secretType := range secretTypes {
		sent, err := connect(t, withSecret(), nil, secretWith(secretType, map[string]string{"key": "secret", "ca.crt": "pem"}))
		mustConnect(t, sent, err, heketi.Credentials{URL: url, User: "admin", Key: "secret", CA: []byte("pem")})
	}
}

// TestSecretIsReadOnceASecond makes many connections. A key that was rotated, and a Secret
// that was made after a failure, count at the next try.
func TestSecretIsReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset()
		c := &connector{}
		heketis := New(Config{Secrets: client.CoreV1(), Connector: c})
		connect := func() error { _, err := heketis.Connect(t.Context(), withSecret(), "gold"); return err }
		if connect() == nil {
			t.Fatal("connected without a Secret")
		}
		secretWithKey := func(key string) *v1.Secret { return secretWith(secretTypes[0], map[string]string{"key": key}) }
		if err := client.Tracker().Add(secretWithKey("first")); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err := connect(); err != nil {
				t.Fatal(err)
			}
		}
		if reads := len(client.Actions()); reads != 2 {
			t.Errorf("read %d times, want 2: once in vain, and once for all", reads)
		}
		if err := client.Tracker().Update(v1.SchemeGroupVersion.WithResource("secrets"), secretWithKey("second"), "storage"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(secretAge + time.Millisecond)
		if err := connect(); err != nil || c.got[0].Key != "first" || c.got[100].Key != "second" {
			t.Errorf("connected with %q, then with %q, error %v", c.got[0].Key, c.got[100].Key, err)
		}
	})
}

func TestSecretsThatAreNotUsed(t *testing.T) {
	sent, err := connect(t, withSecret(), nil)
	mustRefuse(t, sent, err, "cannot read Secret storage/heketi")
	sent, err = connect(t, withSecret(), nil, secretWith("Opaque", map[string]string{"key": "secret"}))
	mustRefuse(t, sent, err, "storage/heketi", `"Opaque"`, "gluster.org/glusterfs")
	sent, err = connect(t, withSecret(), nil, secretWith(secretTypes[0], map[string]string{"key": ""}))
	mustRefuse(t, sent, err, "storage/heketi", `"key"`)
}

// TestSecretThatMayNotBeRead is how it is where rights are granted by namespace.
func TestSecretThatMayNotBeRead(t *testing.T) {
	const remedy = "kubectl apply -n storage -f deploy/secrets-in-namespaces/"
	for name, test := range map[string]struct {
		refusal error
		told    bool
	}{
		"forbidden": {apierrors.NewForbidden(v1.Resource("secrets"), "heketi", errors.New("no right")), true},
		"not found": {apierrors.NewNotFound(v1.Resource("secrets"), "heketi"), false},
		"no answer": {errors.New("connection refused"), false},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewSimpleClientset()
			client.PrependReactor("get", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, test.refusal })
			c := &connector{}
			_, err := New(Config{Secrets: client.CoreV1(), Connector: c}).Connect(t.Context(), withSecret(), "gold")
			mustRefuse(t, c.got, err, "cannot read Secret storage/heketi", test.refusal.Error())
			if !errors.Is(err, test.refusal) || strings.Contains(err.Error(), remedy) != test.told {
				t.Errorf("error %q; want the remedy told: %v", err, test.told)
			}
			if IsUnread(err) != (name == "no answer") {
				t.Errorf("%q only means that the API server did not answer: %v", err, IsUnread(err))
			}
		})
	}
}

func TestSecretForItsHeketi(t *testing.T) {
	for _, named := range []string{
		url, url + "/", "  " + url + "\n", "HTTP://heketi:8080",
		"https://heketi.example.com\n" + url + "\n", "http://a http://b\thttp://heketi:8080/ http://c",
	} {
		sent, err := connect(t, withSecret(), nil, secretWith(secretTypes[0], map[string]string{"key": "secret", "url": named}))
		mustConnect(t, sent, err, heketi.Credentials{URL: url, User: "admin", Key: "secret"})
	}
}

// TestSecretForAnotherHeketi is what a class that names somebody else's Secret and a
// server of its own has to fail at.
func TestSecretForAnotherHeketi(t *testing.T) {
	for _, named := range []string{
		"http://other:8080", "https://heketi:8080", "http://heketi", "http://heketi:80", "http://heketi:8080.example.com:80",
		"http://heketi:8081 http://other:8080", "", " \n",
	} {
		sent, err := connect(t, withSecret(), nil, secretWith(secretTypes[0], map[string]string{"key": "secret", "url": named}))
		mustRefuse(t, sent, err, "Secret storage/heketi", `"url"`)
		if strings.Contains(err.Error(), "not among them") {
			mustRefuse(t, sent, err, url, "nothing is signed", "add that URL", "resturl")
		}
	}
}

// TestSecretWithATextThatIsNoURL does not show the text, which may have a password.
func TestSecretWithATextThatIsNoURL(t *testing.T) {
	for _, named := range []string{"http://admin:password@heketi:8080", url + "/path", "heketi-with-password:8080", url + "," + url} {
		sent, err := connect(t, withSecret(), nil, secretWith(secretTypes[0], map[string]string{"key": "secret", "url": url + " " + named}))
		mustRefuse(t, sent, err, "Secret storage/heketi", `URL 2 in data "url"`, "must be http://HOST[:PORT]")
		if strings.Contains(err.Error(), "password") || strings.Contains(err.Error(), named) {
			t.Errorf("error %q shows the text", err)
		}
	}
}

// TestURLThatWasWrittenOverIsNotAsked matters for annotations, which nobody checks.
func TestURLThatWasWrittenOverIsNotAsked(t *testing.T) {
	server := withSecret()
	server.URL = url + "/?path"
	sent, err := connect(t, server, nil, secretWith(secretTypes[0], map[string]string{"key": "secret", "url": url}))
	mustRefuse(t, sent, err, "Secret storage/heketi", "gluster.org/heketi-url", "must be http://HOST[:PORT]")
}

// TestSecretProblems tells all that is wrong at once, and shows nothing of the Secret.
func TestSecretProblems(t *testing.T) {
	for what, test := range map[string]struct {
		secretType v1.SecretType
		data       map[string]string
		want       []string
	}{
		"nothing": {secretTypes[1], map[string]string{"key": "My Secret Life", "url": url + " https://other\n"}, nil},
		"all": {"Opaque", map[string]string{"ca.crt": "no certificate", "url": url + " http://joe:password@other"}, []string{
			`has type "Opaque"`, `URL 2 in data "url" must be http://HOST[:PORT]`, `has no data "key"`, `data "ca.crt": it holds no PEM certificate; put the certificate of heketi's authority there`,
		}},
	} {
		got := SecretProblems(secretWith(test.secretType, test.data))
		if len(got) != len(test.want) || strings.Contains(strings.Join(got, ""), "password") {
			t.Fatalf("%s: problems are %q", what, got)
		}
		for i, want := range test.want {
			if !strings.HasPrefix(got[i], "Secret storage/heketi") || !strings.Contains(got[i], want) {
				t.Errorf("%s: problem %d is %q, want %q", what, i, got[i], want)
			}
		}
	}
}

func TestSecretAdvice(t *testing.T) {
	for key, advised := range map[string]bool{"": false, "k": false, "My Secret Life": false, "k\n": true, " k": true} {
		got := SecretAdvice(secretWith(secretTypes[0], map[string]string{"key": key}))
		if (len(got) > 0) != advised || key != "" && strings.Contains(strings.Join(got, ""), "Life") {
			t.Errorf("key %q: advice is %q", key, got)
		}
	}
}
