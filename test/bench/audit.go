package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// AuditLog has the API server log every request of a ServiceAccount.
type AuditLog struct {
	// Folder is where policy and log are.
	Folder string
	// Namespace and Account are the ServiceAccount's. Without a namespace, it is the account of that name in
	// each one.
	Namespace, Account string
}

const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    %s
  - level: None
`

const accountPrefix = "system:serviceaccount:"

// Args writes the policy, and returns the API server's flags.
func (a AuditLog) Args() ([]string, error) {
	whose := "userGroups: [system:serviceaccounts]"
	if a.Namespace != "" {
		whose = fmt.Sprintf("users: [%q]", accountPrefix+a.Namespace+":"+a.Account)
	}
	policy := filepath.Join(a.Folder, "audit-policy.yaml")
	if err := os.WriteFile(policy, fmt.Appendf(nil, auditPolicy, whose), 0o600); err != nil {
		return nil, err
	}
	return []string{"--audit-policy-file=" + policy, "--audit-log-path=" + a.Path(), "--audit-log-maxsize=1000"}, nil
}

// Path is the path of the log, each line of which is an event of audit.k8s.io/v1.
func (a AuditLog) Path() string { return filepath.Join(a.Folder, "audit.log") }

// Compare compares what was done with what the rules let the account do: nothing was forbidden, and
// nothing is granted in vain.
func (a AuditLog) Compare(ctx context.Context, client kubernetes.Interface, rules []rbacv1.PolicyRule) error {
	used, forbidden, err := a.read()
	if err != nil {
		return err
	}
	var problems []error
	for request := range forbidden {
		allowed, err := request.isAllowed(ctx, client)
		if err != nil {
			return err
		}
		if !allowed {
			problems = append(problems, fmt.Errorf("forbidden: %+v", request))
		}
	}
	for _, granted := range grants(rules) {
		if !used[granted] {
			problems = append(problems, fmt.Errorf("%s is granted, but no test used it", granted))
		}
	}
	return errors.Join(problems...)
}

// forbiddenRequest is a request that was forbidden to a ServiceAccount.
type forbiddenRequest struct {
	namespace, account string
	request            authorizationv1.ResourceAttributes
}

// isAllowed says whether it is allowed after all: an API server that was just started forbids everything
// until it has read the roles.
func (f forbiddenRequest) isAllowed(ctx context.Context, client kubernetes.Interface) (bool, error) {
	review, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               accountPrefix + f.namespace + ":" + f.account,
			Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + f.namespace, "system:authenticated"},
			ResourceAttributes: &f.request,
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
	User        struct{ Username string }
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

// read returns the permissions that were used, each as "verb resource", and the requests that were
// forbidden.
func (a AuditLog) read() (used map[string]bool, forbidden map[forbiddenRequest]struct{}, err error) {
	file, err := os.Open(a.Path())
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	used, forbidden = map[string]bool{}, map[forbiddenRequest]struct{}{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event audited
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, nil, err
		}
		namespace, account, _ := strings.Cut(strings.TrimPrefix(event.User.Username, accountPrefix), ":")
		if account != a.Account {
			continue
		}
		if event.Annotations["authorization.k8s.io/decision"] == "forbid" {
			forbidden[forbiddenRequest{namespace, account, event.attributes()}] = struct{}{}
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
