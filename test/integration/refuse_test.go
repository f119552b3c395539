package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"glusterfs-provisioner/test/bench"
)

// refusalPolicy has the API server refuse an operation of the provisioner on some
// objects, and a ConfigMap of the policy's own name, by which a test sees that it
// is in force.
const refusalPolicy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %[1]s}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: ["*"], operations: [%[2]s], resources: [%[3]s]}
    - {apiGroups: [""], apiVersions: ["*"], operations: [CREATE], resources: [configmaps]}
  matchConditions:
  - {name: by-the-provisioner, expression: "request.userInfo.username == '%[4]s'"}
  - name: meant
    expression: >-
      request.resource.resource == 'configmaps' && object.metadata.name == '%[1]s' ||
      request.resource.resource == '%[3]s' && (%[5]s)
  validations:
  - {expression: "false", message: refused by the test}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %[1]s}
spec: {policyName: %[1]s, validationActions: [Deny]}
`

const ourUser = "system:serviceaccount:" + ourNamespace + ":" + ourAccount

// owns is a CEL expression that is true for the scene's own Services, Endpoints or
// PersistentVolumes.
func (s *scene) owns(resource string) string {
	if resource == "persistentvolumes" {
		return "(object == null ? oldObject : object).spec.storageClassName == '" + s.class + "'"
	}
	return "request.namespace == '" + s.namespace + "'"
}

// refuse has the API server refuse an operation (CREATE, UPDATE or DELETE) of any
// provisioner on those objects of a resource for which a CEL expression is true,
// until the function that it returns is called.
func refuse(t *testing.T, operation, resource, which string) (allow func()) {
	t.Helper()
	name := unique("refuse")
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, refusalPolicy, name, operation, resource, ourUser, which), 0o600); err != nil {
		t.Fatal(err)
	}
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "-f", file))
	allow = func() {
		if output, err := env.cluster.Kubectl(context.Background(), "delete", "--ignore-not-found", "-f", file); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	}
	t.Cleanup(allow)

	config := env.cluster.AdminConfig()
	config.Impersonate = rest.ImpersonationConfig{UserName: ourUser}
	client := must[*kubernetes.Clientset](t)(kubernetes.NewForConfig(config))
	bench.Eventually(t, soon, func(ctx context.Context) error {
		probe := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
		_, err := client.CoreV1().ConfigMaps(ourNamespace).Create(ctx, probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "refused by the test") {
			return errors.Join(errorOf("the policy is not in force yet"), err)
		}
		return nil
	})
	return allow
}
