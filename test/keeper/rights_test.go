package keeper

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"glusterfs-provisioner/test/bench"
)

// account is the ServiceAccount of the keepers in a namespace.
const account = "heketi"

// auditLog has what the keepers and their heketis did in all tests.
func auditLog() bench.AuditLog { return bench.AuditLog{Folder: env.logs, Account: account} }

// checkRights compares that with what deploy/heketi/ lets them do.
func checkRights(ctx context.Context) error {
	return auditLog().Compare(ctx, env.client, slices.Concat(env.installed.inNamespace, env.installed.everywhere))
}

var serial atomic.Int64

// unique returns a name that no other test uses.
func unique(prefix string) string { return fmt.Sprintf("%s-%d", prefix, serial.Add(1)) }

// must fails the test if there is an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(got T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

// newNamespace makes a namespace with an account that has the rights of a keeper.
func newNamespace(t *testing.T) string {
	t.Helper()
	name := unique("keeper")
	ctx, options := t.Context(), metav1.CreateOptions{}
	meta := metav1.ObjectMeta{Name: name, Namespace: name}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: name, Name: account}}
	must[*v1.Namespace](t)(env.client.CoreV1().Namespaces().Create(ctx, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, options))
	must[*v1.ServiceAccount](t)(env.client.CoreV1().ServiceAccounts(name).Create(ctx, &v1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: account, Namespace: name},
	}, options))
	must[*rbacv1.Role](t)(env.client.RbacV1().Roles(name).Create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: env.installed.inNamespace}, options))
	must[*rbacv1.RoleBinding](t)(env.client.RbacV1().RoleBindings(name).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
	}, options))
	everywhere := metav1.ObjectMeta{Name: name}
	must[*rbacv1.ClusterRole](t)(env.client.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: everywhere, Rules: env.installed.everywhere}, options))
	must[*rbacv1.ClusterRoleBinding](t)(env.client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: everywhere, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
	}, options))
	return name
}

// kubeconfigOf writes a kubeconfig of the account, which reaches the API server through a proxy
// unless that is nil.
func kubeconfigOf(t *testing.T, namespace string, proxy *bench.Proxy) string {
	t.Helper()
	if proxy == nil {
		return must[string](t)(env.cluster.ServiceAccountKubeconfig(t.Context(), namespace, account))
	}
	return kubeconfigAt(t, namespace, proxy.URL())
}

// kubeconfigAt is one by which the API server is reached at that URL.
func kubeconfigAt(t *testing.T, namespace, server string) string {
	t.Helper()
	direct := must[string](t)(env.cluster.ServiceAccountKubeconfig(t.Context(), namespace, account))
	config, err := clientcmd.LoadFromFile(direct)
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = server
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// newProxy starts a proxy before the API server.
func newProxy(t *testing.T) *bench.Proxy {
	t.Helper()
	proxy := must[*bench.Proxy](t)(bench.StartAPIServerProxy(t.Context(), env.cluster))
	t.Cleanup(func() {
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return proxy
}

// clientOf returns a client with the rights of a keeper.
func clientOf(t *testing.T, namespace string, proxy *bench.Proxy) kubernetes.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfigOf(t, namespace, proxy))
	if err != nil {
		t.Fatal(err)
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.QPS = -1
	return must[*kubernetes.Clientset](t)(kubernetes.NewForConfig(config))
}
