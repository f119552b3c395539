package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
)

// keys connects to the heketis of classes that may not be applied yet. The keys come from a
// file, from the Secrets in manifests, or from those of a cluster.
type keys struct {
	connector *heketi.Connector
	heketis   *reach.Heketis
	secrets   *secrets
	// key is used in place of the Secrets' keys; empty if there is none.
	key string
}

func newKeys(options *validateOptions, all []manifest) (*keys, error) {
	k := &keys{connector: heketi.NewConnector(options.Heketi)}
	if options.KeyFile != "" {
		key, err := os.ReadFile(options.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("--key-file=%s: %w", options.KeyFile, err)
		}
		if k.key = strings.TrimRight(string(key), "\r\n"); k.key == "" {
			return nil, fmt.Errorf("--key-file=%s: it is empty; put the key of heketi's user there", options.KeyFile)
		}
	}
	k.secrets = &secrets{inFiles: map[volume.SecretRef]*v1.Secret{}, ofCluster: sync.OnceValues(func() (corev1.SecretsGetter, error) {
		return secretsOfCluster(options.Options)
	})}
	for _, object := range all {
		if object.Secret != nil {
			k.secrets.inFiles[volume.SecretRef{Namespace: object.Secret.Namespace, Name: object.Secret.Name}] = object.Secret
		}
	}
	k.heketis = reach.New(reach.Config{Secrets: k.secrets, Connector: k.connector})
	return k, nil
}

// inFiles says whether a class's Secret is in the manifests and is right by itself.
func (k *keys) inFiles(ref *volume.SecretRef) bool {
	if ref == nil {
		return false
	}
	secret, found := k.secrets.inFiles[*ref]
	return found && len(reach.SecretProblems(secret)) == 0
}

// connect returns a client for the heketi of a class. Its errors are those of reach.Heketis.
func (k *keys) connect(ctx context.Context, params *parameters.Parameters, class string) (*heketi.Client, error) {
	if k.key != "" {
		return k.connector.Connect(heketi.Credentials{URL: params.Heketi.URL, User: params.Heketi.User, Key: k.key})
	}
	return k.heketis.ConnectAs(ctx, params, class)
}

func secretsOfCluster(options *Options) (corev1.SecretsGetter, error) {
	config, err := restConfig(options)
	if err != nil {
		return nil, fmt.Errorf("%w; or put the Secret into a file of -f, or give --key-file", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return client.CoreV1(), nil
}

// secrets are those in files, and those of a cluster that are not.
type secrets struct {
	inFiles   map[volume.SecretRef]*v1.Secret
	ofCluster func() (corev1.SecretsGetter, error)
}

// Secrets returns those of a namespace. Only Get works.
func (s *secrets) Secrets(namespace string) corev1.SecretInterface {
	return secretsIn{secrets: s, namespace: namespace}
}

type secretsIn struct {
	corev1.SecretInterface
	secrets   *secrets
	namespace string
}

// Get returns a Secret.
func (s secretsIn) Get(ctx context.Context, name string, options metav1.GetOptions) (*v1.Secret, error) {
	if secret, ok := s.secrets.inFiles[volume.SecretRef{Namespace: s.namespace, Name: name}]; ok {
		return secret, nil
	}
	cluster, err := s.secrets.ofCluster()
	if err != nil {
		return nil, err
	}
	return cluster.Secrets(s.namespace).Get(ctx, name, options)
}
