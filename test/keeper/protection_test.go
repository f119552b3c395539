package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/test/bench"
)

// protect applies deploy/heketi-protection/ for a namespace.
func protect(t *testing.T, namespace string) {
	t.Helper()
	shipped := string(must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "deploy", "heketi-protection", "policy.yaml"))))
	file := filepath.Join(t.TempDir(), "policy.yaml")
	applied := strings.NewReplacer(
		"  name: heketi-database\n", "  name: "+namespace+"\n", "policyName: heketi-database", "policyName: "+namespace,
		"kubernetes.io/metadata.name: glusterfs", "kubernetes.io/metadata.name: "+namespace,
	).Replace(shipped)
	if err := os.WriteFile(file, []byte(applied), 0o600); err != nil {
		t.Fatal(err)
	}
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "-f", file))
	t.Cleanup(func() {
		if _, err := env.cluster.Kubectl(context.WithoutCancel(t.Context()), "delete", "-f", file); err != nil {
			t.Error(err)
		}
	})
}

// TestDatabaseIsProtected deletes what has the database, and the namespace, in all ways that kubectl has. The API server refuses it, and nothing is
// gone, until a person has typed the command that it tells. The keeper deletes what it has saved anew all along.
func TestDatabaseIsProtected(t *testing.T) {
	t.Parallel()
	version := must[string](t)(serverVersion())
	if !utilversion.MustParseGeneric(version).AtLeast(utilversion.MustParseGeneric("1.30")) {
		t.Skipf("Kubernetes %s has no ValidatingAdmissionPolicy", version)
	}
	namespace := newNamespace(t)
	protect(t, namespace)
	store := begin(t, namespace, nil)
	big := inTwo(t)
	save(t, store, big)
	var told string
	refused := func(ctx context.Context, arguments ...string) error {
		output, err := env.cluster.Kubectl(ctx, append([]string{"delete"}, arguments...)...)
		if err == nil {
			return bench.Final(fmt.Errorf("%q is not refused", arguments))
		}
		text := string(output) + err.Error()
		if told = regexp.MustCompile("kubectl annotate namespace .*=yes").FindString(text); told == "" {
			return bench.Final(fmt.Errorf("%q is refused without a remedy: %s", arguments, text))
		}
		return nil
	}
	// It takes a moment until it is in force.
	bench.Eventually(t, soon, func(ctx context.Context) error {
		err := env.client.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsForbidden(err) {
			return fmt.Errorf("the policy is not in force: %w", errors.Join(err))
		}
		return nil
	})
	for _, arguments := range [][]string{
		{"namespace", namespace},
		{"secret", databaseName, "-n", namespace},
		{"configmap", databaseName, "-n", namespace},
		{"secret", "--all", "-n", namespace},
		{"secret,configmap", "-n", namespace, "-l", "gluster.org/heketi-database"},
	} {
		if err := refused(t.Context(), arguments...); err != nil {
			t.Error(err)
		}
	}
	expectSaved(t, namespace, big)
	later := append([]byte("later"), big...)
	save(t, store, later)
	if secrets := secretsIn(t, namespace); len(secrets) != 2 {
		t.Errorf("the keeper has left %d Secrets, want 2", len(secrets))
	}
	expectSaved(t, namespace, later)

	// What is not the database's may be deleted.
	kubectl(t, "kubectl create secret generic other -n "+namespace)
	kubectl(t, "kubectl delete secret other -n "+namespace)
	kubectl(t, told)
	kubectl(t, "kubectl delete namespace "+namespace)
}

// serverVersion is the API server's.
func serverVersion() (string, error) {
	version, err := env.client.Discovery().ServerVersion()
	if err != nil {
		return "", err
	}
	return version.GitVersion, nil
}
