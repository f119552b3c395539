package cluster

import (
	"context"
	"encoding/json"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
)

// Installed says what is meant, where several may run.
type Installed struct {
	// Provisioner is the name by which classes ask for the provisioner, and Namespace where it runs.
	Provisioner, Namespace string
	// GlusterNamespace is where GlusterFS pods and the keeper of heketi run, if they run in Kubernetes.
	GlusterNamespace string
}

// Cluster is a cluster with a provisioner.
type Cluster struct {
	Client    kubernetes.Interface
	Installed Installed
	// Config is how commands are run in pods.
	Config *rest.Config
}

// Classes returns all StorageClasses.
func (c Cluster) Classes(ctx context.Context) asked.Thing[[]*storagev1.StorageClass] {
	return asked.For(caches.ListClasses(ctx, c.Client.StorageV1()))
}

// Volumes returns all PersistentVolumes.
func (c Cluster) Volumes(ctx context.Context) asked.Thing[[]*v1.PersistentVolume] {
	list, err := c.Client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	return asked.Then(asked.For(list, err), func(list *v1.PersistentVolumeList) ([]*v1.PersistentVolume, error) {
		all := make([]*v1.PersistentVolume, len(list.Items))
		for i := range list.Items {
			all[i] = &list.Items[i]
		}
		return all, nil
	})
}

// Driver returns the CSIDriver of the node plugin.
func (c Cluster) Driver(ctx context.Context) asked.Thing[*storagev1.CSIDriver] {
	return asked.For(c.Client.StorageV1().CSIDrivers().Get(ctx, volume.Driver, metav1.GetOptions{}))
}

// Kubernetes returns the API server's version.
func (c Cluster) Kubernetes(ctx context.Context) asked.Thing[*utilversion.Version] {
	answer, err := c.Client.Discovery().RESTClient().Get().AbsPath("/version").DoRaw(ctx)
	return asked.Then(asked.For(answer, err), func(answer []byte) (*utilversion.Version, error) {
		var info apiversion.Info
		if err := json.Unmarshal(answer, &info); err != nil {
			return nil, err
		}
		return utilversion.ParseGeneric(info.GitVersion)
	})
}

// Key is what is known of a Secret with heketi's key. It has nothing of what is in the Secret.
type Key struct {
	// Problem is why the key is not used; nil if nothing is wrong.
	Problem error
}

// Key looks at a Secret with the key for the heketi at that URL.
func (c Cluster) Key(ctx context.Context, ref volume.SecretRef, url string) asked.Thing[Key] {
	secret, err := c.Client.CoreV1().Secrets(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	return asked.Then(asked.For(secret, err), func(secret *v1.Secret) (Key, error) {
		return Key{Problem: reach.CheckSecret(secret, ref, url)}, nil
	})
}
