package integration

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// manifestOf writes objects as a person would.
func manifestOf(t *testing.T, objects ...any) string {
	t.Helper()
	var documents []string
	for _, object := range objects {
		documents = append(documents, string(must[[]byte](t)(yaml.Marshal(object))))
	}
	return strings.Join(documents, "---\n")
}

// validate runs the command validate on a text, and returns what it prints and its exit status.
func validate(t *testing.T, text string, flags ...string) (printed string, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "class.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := bench.Run(t.Context(), os.Environ(), env.binary, append([]string{"validate", "-f", file}, flags...)...)
	printed = strings.ReplaceAll(string(output), file, "class.yaml")
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		return printed + err.Error(), ended.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return printed, 0
}

// TestValidateAsksHeketi has the command ask real heketis whether they could make volumes.
func TestValidateAsksHeketi(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true, Clusters: 2})
	secure := startHeketi(t, bench.HeketiOptions{Auth: true, TLS: true})
	namespace := newNamespace(t)
	clusters := slices.Sorted(slices.Values(heketi.Clusters()))
	class := func(url string, parameters map[string]string) *storagev1.StorageClass {
		all := map[string]string{"resturl": url, "restuser": "admin", "secretNamespace": namespace, "secretName": "heketi"}
		for name, value := range parameters {
			all[name] = value
		}
		return &storagev1.StorageClass{
			TypeMeta: metav1.TypeMeta{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass"}, ObjectMeta: metav1.ObjectMeta{Name: "gold"},
			Provisioner: "gluster.org/glusterfs", Parameters: all,
		}
	}
	secret := func(key string, ca []byte) *v1.Secret {
		return &v1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "heketi"},
			Type: "gluster.org/glusterfs", StringData: map[string]string{"key": key, "ca.crt": string(ca)},
		}
	}
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(heketi.AdminKey()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := secret(heketi.AdminKey(), nil)
	for what, test := range map[string]struct {
		text   string
		flags  []string
		status int
		want   []string
	}{
		"all is right": {manifestOf(t, class(secure.URL(), nil), secret(secure.AdminKey(), secure.CA())), nil, 0, []string{
			"class.yaml:1: StorageClass gold: heketi " + secure.URL() + " answers, and accepts the key",
			"the certificate of heketi " + secure.URL(), "cluster " + secure.Clusters()[0] + " has room for volumetype replicate:3", "StorageClass gold: fine", "Secret " + namespace + "/heketi: fine",
		}},
		"an unknown authority": {manifestOf(t, class(secure.URL(), nil), secret(secure.AdminKey(), nil)), nil, 2, []string{"not known: heketi " + secure.URL(), "put the certificate of its authority into ca.crt"}},
		"a key in a file":      {manifestOf(t, class(heketi.URL(), nil)), []string{"--key-file=" + keyFile}, 0, []string{"accepts the key", "fine"}},
		"a wrong key":          {manifestOf(t, class(heketi.URL(), nil), secret("wrong", nil)), nil, 1, []string{"wrong: heketi " + heketi.URL(), "unauthorized"}},
		"no key anywhere":      {manifestOf(t, class(heketi.URL(), nil)), nil, 2, []string{"not known: cannot read Secret " + namespace + "/heketi", "--kubeconfig", "--key-file"}},
		"no Secret there":      {manifestOf(t, class(heketi.URL(), map[string]string{"secretName": "nowhere"})), []string{"--kubeconfig=" + env.kubeconfig}, 1, []string{"wrong: cannot read Secret " + namespace + "/nowhere", "not found"}},
		"nobody answers":       {manifestOf(t, class("http://127.0.0.1:1", nil), good), nil, 2, []string{"not known: heketi http://127.0.0.1:1", "connection refused"}},
		"no such cluster": {manifestOf(t, class(heketi.URL(), map[string]string{"clusterid": "abc," + clusters[1]}), good), nil, 1, []string{
			`wrong: clusterid "abc": heketi ` + heketi.URL() + " has no such cluster; it has " + clusters[0] + ", " + clusters[1],
		}},
		"too few hosts": {manifestOf(t, class(heketi.URL(), map[string]string{"volumetype": "disperse:4:2"}), good), nil, 1, []string{
			`wrong: volumetype "disperse:4:2": cluster ` + clusters[0] + " has 3 hosts", "and 6 are needed; cluster " + clusters[1] + " has 3 hosts", "volumetype for fewer hosts",
		}},
	} {
		t.Run(what, func(t *testing.T) {
			printed, status := validate(t, test.text, append([]string{"--check"}, test.flags...)...)
			if status != test.status || !containsAll(printed, test.want) {
				t.Errorf("status %d, want %d; printed\n%swant %q", status, test.status, printed, test.want)
			}
			if strings.Contains(printed, heketi.AdminKey()) || strings.Contains(printed, secure.AdminKey()) {
				t.Errorf("it printed a key:\n%s", printed)
			}
		})
	}

	made := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	printed, status := validate(t, manifestOf(t, class(heketi.URL(), nil)), "--check", "--kubeconfig="+env.kubeconfig)
	if status != 0 || !strings.Contains(printed, "accepts the key") {
		t.Errorf("with Secret %s of the cluster: status %d, printed\n%s", made.Name, status, printed)
	}

	nodes := must[[]byte](t)(heketi.CLI(t.Context(), "node", "list"))
	cluster := clusters[0]
	for line := range strings.Lines(string(nodes)) {
		if !strings.Contains(line, cluster) {
			continue
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(line, "Id:"), "\t")
		must[[]byte](t)(heketi.CLI(t.Context(), "node", "disable", id))
		break
	}
	printed, status = validate(t, manifestOf(t, class(heketi.URL(), map[string]string{"clusterid": cluster}), good), "--check")
	if want := fmt.Sprintf("cluster %s has 2 hosts", cluster); status != 1 || !strings.Contains(printed, want) {
		t.Errorf("with a host disabled: status %d, printed\n%swant %q", status, printed, want)
	}
}
