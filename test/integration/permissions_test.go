package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// auditPolicy has the API server log every request of the provisioner.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    users: ["system:serviceaccount:` + ourNamespace + `:` + ourAccount + `"]
  - level: None
`

func auditLog() string { return filepath.Join(env.logs, "audit.log") }

func auditArgs() ([]string, error) {
	policy := filepath.Join(env.logs, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	return []string{"--audit-policy-file=" + policy, "--audit-log-path=" + auditLog(), "--audit-log-maxsize=1000"}, nil
}

// checkPermissions compares what the provisioner did in all tests with what
// deploy/ lets it do: nothing was forbidden, and nothing is granted in vain.
func checkPermissions(ctx context.Context) error {
	used, forbidden, err := readAuditLog()
	if err != nil {
		return err
	}
	problems := forbidden
	clusterRole, err := env.client.RbacV1().ClusterRoles().Get(ctx, ourAccount, metav1.GetOptions{})
	if err != nil {
		return err
	}
	role, err := env.client.RbacV1().Roles(ourNamespace).Get(ctx, ourAccount, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, granted := range grants(slices.Concat(clusterRole.Rules, role.Rules)) {
		if !used[granted] {
			problems = append(problems, fmt.Errorf("%s is granted, but no test made the provisioner use it", granted))
		}
	}
	return errors.Join(problems...)
}

// readAuditLog returns the permissions that were used, each as "verb resource",
// and an error for each request that was forbidden.
func readAuditLog() (used map[string]bool, forbidden []error, err error) {
	file, err := os.Open(auditLog())
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	used = map[string]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Verb           string
			RequestURI     string
			ObjectRef      struct{ Resource, Subresource, APIGroup string }
			ResponseStatus struct{ Code int }
			Annotations    map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, nil, err
		}
		if event.Annotations["authorization.k8s.io/decision"] == "forbid" {
			forbidden = append(forbidden, fmt.Errorf("forbidden: %s %s", event.Verb, event.RequestURI))
		}
		resource := event.ObjectRef.Resource
		if event.ObjectRef.Subresource != "" {
			resource += "/" + event.ObjectRef.Subresource
		}
		used[permission(event.Verb, event.ObjectRef.APIGroup, resource)] = true
	}
	return used, forbidden, lines.Err()
}

func grants(rules []rbacv1.PolicyRule) []string {
	var all []string
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					all = append(all, permission(verb, group, resource))
				}
			}
		}
	}
	return all
}

func permission(verb, group, resource string) string {
	if group != "" {
		resource += "." + group
	}
	return verb + " " + resource
}
