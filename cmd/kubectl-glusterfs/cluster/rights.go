package cluster

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
)

// reviewsAtATime is how many rights are asked about at a time.
const reviewsAtATime = 8

// Right is to do something.
type Right struct {
	authorizationv1.ResourceAttributes
}

// String returns it as "list persistentvolumes".
func (r Right) String() string {
	resource := r.Resource
	if r.Subresource != "" {
		resource += "/" + r.Subresource
	}
	if r.Name != "" {
		resource += " " + r.Name
	}
	if r.Namespace != "" {
		return fmt.Sprintf("%s %s in %s", r.Verb, resource, r.Namespace)
	}
	return r.Verb + " " + resource
}

// Rights are the answers to whether somebody has rights.
type Rights struct {
	// Missing are those that he does not have.
	Missing []Right
}

// OwnRights returns which of the rights who types has.
func (c Cluster) OwnRights(ctx context.Context, wanted []Right) asked.Thing[Rights] {
	return review(wanted, func(right Right) (bool, error) {
		answer, err := c.Client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &right.ResourceAttributes},
		}, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return answer.Status.Allowed, nil
	})
}

// AccountRights returns which of the rights the provisioner's ServiceAccount has.
func (c Cluster) AccountRights(ctx context.Context, wanted []Right) asked.Thing[Rights] {
	return c.RightsOf(ctx, c.Installed.Namespace, installed.ServiceAccount, wanted)
}

// RightsOf returns which of the rights a ServiceAccount has.
func (c Cluster) RightsOf(ctx context.Context, namespace, account string, wanted []Right) asked.Thing[Rights] {
	return review(wanted, func(right Right) (bool, error) {
		answer, err := c.Client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{
				User:               "system:serviceaccount:" + namespace + ":" + account,
				Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
				ResourceAttributes: &right.ResourceAttributes,
			},
		}, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return answer.Status.Allowed, nil
	})
}

func review(wanted []Right, isAllowed func(Right) (bool, error)) asked.Thing[Rights] {
	allowed := make([]bool, len(wanted))
	var reviews errgroup.Group
	reviews.SetLimit(reviewsAtATime)
	for i, right := range wanted {
		reviews.Go(func() (err error) {
			allowed[i], err = isAllowed(right)
			return err
		})
	}
	if err := reviews.Wait(); err != nil {
		return asked.Thing[Rights]{Err: err}
	}
	var rights Rights
	for i, right := range wanted {
		if !allowed[i] {
			rights.Missing = append(rights.Missing, right)
		}
	}
	return asked.Thing[Rights]{Value: rights, There: true}
}

// secrets are read with a right that may be kept to chosen namespaces, see deploy/11-secrets.yaml.
const secrets = "secrets"

// GrantedRights returns the rights that deploy/ gives the provisioner, save that to Secrets.
func (c Cluster) GrantedRights() ([]Right, error) {
	objects, err := Manifests()
	if err != nil {
		return nil, err
	}
	var rights []Right
	for _, object := range objects {
		if !isRoleOfProvisioner(object) {
			continue
		}
		var role rbacv1.ClusterRole
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &role); err != nil {
			return nil, err
		}
		namespace := ""
		if role.Namespace != "" {
			namespace = c.Installed.Namespace
		}
		for _, rule := range role.Rules {
			rights = append(rights, rightsOf(rule, namespace)...)
		}
	}
	return rights, nil
}

// isRoleOfProvisioner says whether an object is a Role or a ClusterRole of the provisioner, not of
// the node plugin.
func isRoleOfProvisioner(object unstructured.Unstructured) bool {
	return strings.HasSuffix(object.GetKind(), "Role") && object.GetLabels()["app.kubernetes.io/name"] == installed.Deployment
}

// rightsOf returns what a rule allows, one by one.
func rightsOf(rule rbacv1.PolicyRule, namespace string) []Right {
	objects := rule.ResourceNames
	if len(objects) == 0 {
		objects = []string{""}
	}
	var rights []Right
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			if resource == secrets {
				continue
			}
			resource, subresource, _ := strings.Cut(resource, "/")
			for _, verb := range rule.Verbs {
				for _, object := range objects {
					rights = append(rights, Right{authorizationv1.ResourceAttributes{
						Verb: verb, Group: group, Resource: resource, Subresource: subresource, Namespace: namespace, Name: object,
					}})
				}
			}
		}
	}
	return rights
}

// RightToSecret is to read the Secret of that name.
func RightToSecret(namespace, name string) Right {
	return Right{authorizationv1.ResourceAttributes{Verb: "get", Resource: secrets, Namespace: namespace, Name: name}}
}
