package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	authorizationv1 "k8s.io/api/authorization/v1"
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
	var problems []error
	for request := range forbidden {
		allowed, err := isAllowed(ctx, request)
		if err != nil {
			return err
		}
		if !allowed {
			problems = append(problems, fmt.Errorf("forbidden: %+v", request))
		}
	}
	rules, err := granted(ctx)
	if err != nil {
		return err
	}
	for _, granted := range grants(rules) {
		if !used[granted] {
			problems = append(problems, fmt.Errorf("%s is granted, but no test made the provisioner use it", granted))
		}
	}
	return errors.Join(problems...)
}

// granted returns what the roles of deploy/ allow, in the cluster and in any namespace.
func granted(ctx context.Context) ([]rbacv1.PolicyRule, error) {
	ours := metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + ourAccount}
	clusterRoles, err := env.client.RbacV1().ClusterRoles().List(ctx, ours)
	if err != nil {
		return nil, err
	}
	roles, err := env.client.RbacV1().Roles(metav1.NamespaceAll).List(ctx, ours)
	if err != nil {
		return nil, err
	}
	var rules []rbacv1.PolicyRule
	for _, role := range clusterRoles.Items {
		rules = append(rules, role.Rules...)
	}
	for _, role := range roles.Items {
		rules = append(rules, role.Rules...)
	}
	if len(clusterRoles.Items) != 2 || len(roles.Items) != 1 {
		return nil, fmt.Errorf("deploy/ has made %d ClusterRoles and %d Roles, want 2 and 1", len(clusterRoles.Items), len(roles.Items))
	}
	return rules, nil
}

// isAllowed says whether a request that was forbidden is allowed after all: an API
// server that was just started forbids everything until it has read the roles.
func isAllowed(ctx context.Context, request authorizationv1.ResourceAttributes) (bool, error) {
	review, err := env.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               ourUser,
			Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + ourNamespace, "system:authenticated"},
			ResourceAttributes: &request,
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// audited is what the API server's audit log says of one request.
type audited struct {
	Verb        string
	ObjectRef   struct{ Namespace, Name, Resource, Subresource, APIGroup string }
	Annotations map[string]string
}

func (a audited) attributes() authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Verb: a.Verb, Group: a.ObjectRef.APIGroup, Resource: a.ObjectRef.Resource, Subresource: a.ObjectRef.Subresource,
		Namespace: a.ObjectRef.Namespace, Name: a.ObjectRef.Name,
	}
}

func (a audited) permission() string {
	resource := a.ObjectRef.Resource
	if a.ObjectRef.Subresource != "" {
		resource += "/" + a.ObjectRef.Subresource
	}
	return permission(a.Verb, a.ObjectRef.APIGroup, resource)
}

// readAuditLog returns the permissions that were used, each as "verb resource",
// and the requests that were forbidden.
func readAuditLog() (used map[string]bool, forbidden map[authorizationv1.ResourceAttributes]struct{}, err error) {
	file, err := os.Open(auditLog())
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	used, forbidden = map[string]bool{}, map[authorizationv1.ResourceAttributes]struct{}{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event audited
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, nil, err
		}
		if event.Annotations["authorization.k8s.io/decision"] == "forbid" {
			forbidden[event.attributes()] = struct{}{}
		}
		used[event.permission()] = true
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
