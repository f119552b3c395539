package volume

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// LogClaim returns a context in which each line of the log tells what it is about, by the keys of
// docs/logs.md: a claim, its PersistentVolume and class, and the URL of its heketi. What is not known
// is empty.
func LogClaim(ctx context.Context, claim types.NamespacedName, persistentVolume, class, heketi string) context.Context {
	var name string // As text it is found in a log of either format.
	if claim.Name != "" {
		name = claim.String()
	}
	return klog.NewContext(ctx, klog.FromContext(ctx).WithValues("claim", name, "persistentVolume", persistentVolume, "class", class, "heketi", heketi))
}

// LogPersistentVolume does the same with a PersistentVolume and its claim, and tells of the
// volume that it mounts, too.
func LogPersistentVolume(ctx context.Context, pv *v1.PersistentVolume) context.Context {
	var claim types.NamespacedName
	if of := pv.Spec.ClaimRef; of != nil {
		claim = types.NamespacedName{Namespace: of.Namespace, Name: of.Name}
	}
	ctx = LogClaim(ctx, claim, pv.Name, pv.Spec.StorageClassName, pv.Annotations[AnnotationURL])
	return klog.NewContext(ctx, klog.FromContext(ctx).WithValues(
		"volume", NameIn(PathOf(pv)), "volumeID", IDOf(pv), "cluster", ClusterOf(pv), "source", SourceOf(pv)))
}
