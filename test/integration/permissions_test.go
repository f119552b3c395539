package integration

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// auditLog has what the provisioner did in all tests.
func auditLog() bench.AuditLog {
	return bench.AuditLog{Folder: env.logs, Namespace: ourNamespace, Account: ourAccount}
}

// checkPermissions compares that with what deploy/ lets it do.
func checkPermissions(ctx context.Context) error {
	rules, err := granted(ctx)
	if err != nil {
		return err
	}
	return auditLog().Compare(ctx, env.client, rules)
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
