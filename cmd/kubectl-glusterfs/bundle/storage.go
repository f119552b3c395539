package bundle

import (
	"context"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/provisioner/volume"
)

// storage adds the classes, the PersistentVolumes of GlusterFS volumes, their claims, those that
// wait for one, and the events of all of these.
func (g *gathering) storage(ctx context.Context, classes []unstructured.Unstructured) {
	g.addObjects("storageclasses.yaml", classes)
	chosen := sets.New[types.UID]()
	ofClass, claimed := sets.New[string](), sets.New[types.UID]()
	for _, class := range classes {
		if provisioner, _, _ := unstructured.NestedString(class.Object, "provisioner"); provisioner == g.Installed.Provisioner {
			ofClass.Insert(class.GetName())
		}
	}
	volumes := choose(g, g.list(ctx, persistentVolumes, metav1.NamespaceAll, metav1.ListOptions{}), func(pv *v1.PersistentVolume) bool {
		ours := volume.SourceOf(pv) != "" || volume.IsMadeBy(pv, g.Installed.Provisioner)
		if ours {
			chosen.Insert(pv.UID)
			claimed.Insert(volume.ClaimOf(pv))
		}
		return ours
	})
	g.addObjects("persistentvolumes.yaml", volumes)
	g.addObjects("persistentvolumeclaims.yaml", choose(g, g.list(ctx, claims, metav1.NamespaceAll, metav1.ListOptions{}), func(claim *v1.PersistentVolumeClaim) bool {
		class := claim.Spec.StorageClassName
		ours := claimed.Has(claim.UID) || class != nil && ofClass.Has(*class) || ofClass.Has(claim.Annotations[v1.BetaStorageClassAnnotation])
		if ours {
			chosen.Insert(claim.UID)
		}
		return ours
	}))
	namespaces := sets.New(g.Installed.Namespace, installed.NodeNamespace)
	g.addObjects("events.yaml", choose(g, g.list(ctx, events, metav1.NamespaceAll, metav1.ListOptions{}), func(event *v1.Event) bool {
		about := event.InvolvedObject
		return chosen.Has(about.UID) || namespaces.Has(event.Namespace) || g.isAboutHosts(event) || about.Kind == "Namespace" && namespaces.Has(about.Name)
	}))
}

// choose returns those of the objects that are wanted. What cannot be read is left out, and noted.
func choose[T any](g *gathering, objects []unstructured.Unstructured, isWanted func(*T) bool) []unstructured.Unstructured {
	var wanted []unstructured.Unstructured
	for _, object := range objects {
		var typed T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
			g.miss(object.GetKind()+" "+object.GetName(), err)
			continue
		}
		if isWanted(&typed) {
			wanted = append(wanted, object)
		}
	}
	return wanted
}
