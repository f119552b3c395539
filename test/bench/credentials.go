package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenLife is long enough for every test and demo.
const tokenLife = 24 * time.Hour

// Names of the key pairs, as files in the cluster's folder.
const (
	authorityFile = "ca"
	adminFile     = "admin"
	servingFile   = "kube-apiserver"
	// tokenFile holds the key that signs the tokens of ServiceAccounts.
	tokenFile = "service-accounts"
)

// makeCredentials makes the certificates and keys of the servers and the admin.
func (c *Cluster) makeCredentials(context.Context) (err error) {
	if c.authority, err = newAuthority("bench"); err != nil {
		return err
	}
	serving, err := c.authority.server("kube-apiserver", c.options.Address, serviceAddress)
	if err != nil {
		return err
	}
	// Only its key is used.
	tokens, err := c.authority.server("service-accounts")
	if err != nil {
		return err
	}
	if c.admin, err = c.authority.client("admin", "system:masters"); err != nil {
		return err
	}
	for name, pair := range map[string]keyPair{
		authorityFile: c.authority.keyPair, adminFile: c.admin, servingFile: serving, tokenFile: tokens,
	} {
		if _, _, err := pair.save(c.file(name)); err != nil {
			return err
		}
	}
	c.kubeconfig, err = c.writeKubeconfig("admin", &clientcmdapi.AuthInfo{
		ClientCertificateData: c.admin.certificate,
		ClientKeyData:         c.admin.key,
	})
	if err != nil {
		return err
	}
	c.client, err = kubernetes.NewForConfig(c.AdminConfig())
	if err != nil {
		return fmt.Errorf("cannot make the admin's client: %w", err)
	}
	return nil
}

// ServiceAccountKubeconfig makes a token for the ServiceAccount and returns the
// path of a kubeconfig that carries it.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, namespace, name string) (string, error) {
	seconds := int64(tokenLife.Seconds())
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds},
	}
	answer, err := c.client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("cannot make a token for ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return c.writeKubeconfig(namespace+"-"+name, &clientcmdapi.AuthInfo{Token: answer.Status.Token})
}

func (c *Cluster) writeKubeconfig(user string, credentials *clientcmdapi.AuthInfo) (string, error) {
	const cluster = "bench"
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{
		Server:                   c.url(),
		CertificateAuthorityData: c.authority.certificate,
	}
	config.AuthInfos[user] = credentials
	config.Contexts[cluster] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: user}
	config.CurrentContext = cluster
	path := c.file(user + ".kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("cannot write the kubeconfig of %s: %w", user, err)
	}
	return path, nil
}

// file is the path of a file in the cluster's folder.
func (c *Cluster) file(name string) string { return filepath.Join(c.dir, name) }
