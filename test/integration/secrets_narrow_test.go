package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/bench"
)

// applyNamed applies a file of deploy/ as it is, but for the name that is used in it for
// the Namespace, the ServiceAccount and the roles.
func applyNamed(t *testing.T, name, file string, flags ...string) {
	t.Helper()
	text := string(must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "deploy", file))))
	named := filepath.Join(t.TempDir(), "named.yaml")
	if err := os.WriteFile(named, []byte(strings.ReplaceAll(text, ourAccount, name)), 0o600); err != nil {
		t.Fatal(err)
	}
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), append([]string{"apply", "-f", named}, flags...)...))
}

// TestSecretsInNamedNamespaces runs a provisioner with the rights of
// deploy/secrets-in-namespaces/ in place of deploy/11-secrets.yaml. What it may not read, an
// event says, and the command that the event tells allows it.
func TestSecretsInNamedNamespaces(t *testing.T) {
	narrow := unique("narrow")
	applyNamed(t, narrow, "00-namespace.yaml")
	applyNamed(t, narrow, "10-rbac.yaml")
	kubeconfig := must[string](t)(env.cluster.ServiceAccountKubeconfig(t.Context(), narrow, narrow))
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"), "--kubeconfig="+kubeconfig, "--namespace="+narrow)
	p.waitLeading(t)
	t.Cleanup(func() { p.endWell(t) })

	namespace := newNamespace(t)
	key := map[string]string{"key": heketi.AdminKey()}
	claimWith := func(secret *v1.Secret) *v1.PersistentVolumeClaim {
		return newClaim(t, namespace, newClass(t, p, heketi, withSecret(secret)).Name, "1Gi")
	}
	allowed := newSecret(t, newNamespace(t), "heketi", "gluster.org/glusterfs", key)
	applyNamed(t, narrow, "secrets-in-namespaces/role.yaml", "-n", allowed.Namespace)
	claim := claimWith(allowed)
	pv := waitBound(t, claim)

	refused := newSecret(t, newNamespace(t), "heketi", "gluster.org/glusterfs", key)
	waiting := claimWith(refused)
	waitEvent(t, waiting.UID, "ProvisioningFailed", "Secret "+refused.Namespace+"/heketi", "is forbidden",
		"Secrets of namespace "+refused.Namespace, "kubectl apply -n "+refused.Namespace+" -f deploy/secrets-in-namespaces/", "resourceNames")
	if volumes := volumesIn(t, heketi); len(volumes) != 1 {
		t.Errorf("heketi has %d volumes, want only that of the claim whose Secret may be read", len(volumes))
	}
	applyNamed(t, narrow, "secrets-in-namespaces/role.yaml", "-n", refused.Namespace)
	waitBound(t, waiting)

	// The Secret is read for deletions, too.
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "delete", "rolebinding", narrow+"-secrets", "-n", allowed.Namespace))
	forgetSecrets()
	deleteClaim(t, claim)
	waitEvent(t, pv.UID, "VolumeFailedDelete", "kubectl apply -n "+allowed.Namespace+" -f deploy/secrets-in-namespaces/")
	applyNamed(t, narrow, "secrets-in-namespaces/role.yaml", "-n", allowed.Namespace)
	waitVolumeGone(t, pv.Name)
	deleteClaim(t, waiting)
	waitNothingLeft(t, heketi, namespace)

	// Of other Secrets in that namespace it could read all, of those elsewhere none.
	for where, want := range map[string]string{allowed.Namespace: "yes", namespace: "no", ourNamespace: "no"} {
		// kubectl ends with 1 after "no".
		said, err := env.cluster.Kubectl(t.Context(), "auth", "can-i", "get", "secrets", "-n", where, "--as=system:serviceaccount:"+narrow+":"+narrow)
		if got := strings.TrimSpace(string(said)); got != want {
			t.Errorf("may it get Secrets of %s? %s, %v; want %s", where, got, err, want)
		}
	}
}
