package library

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/util"
)

// Classes looks a StorageClass up in a cache. A lister of them is one.
type Classes interface {
	Get(name string) (*storagev1.StorageClass, error)
}

// ClassOf returns a claim's class, if that exists and is the given provisioner's. A
// ShouldProvision has to refuse the claim if not. Users may write any class and the
// annotation with our name into a claim, and the library counts each failure under the
// name of the class: each name that somebody invents would be a time series until the
// process ends. After a refusal the library counts nothing, and tries again when
// Claims tells of a new class.
//
// The library provisions by the class in the old annotation, if there is one, but
// counts by that in the spec. So both have to exist.
func ClassOf(claim *v1.PersistentVolumeClaim, provisioner string, classes Classes) (*storagev1.StorageClass, bool) {
	class, err := classes.Get(util.GetPersistentVolumeClaimClass(claim))
	if err != nil || class.Provisioner != provisioner {
		return nil, false
	}
	counted := claim.Spec.StorageClassName
	if counted == nil || *counted == "" || *counted == class.Name {
		return class, true
	}
	_, err = classes.Get(*counted)
	return class, err == nil
}

// newClasses tells the library's handler of waiting claims when their class is made,
// as a resync would.
type newClasses struct {
	claims  cache.Store
	handler cache.ResourceEventHandler
	pauses  *Pauses
}

// OnAdd tells of the claims of a new class. Those of the classes that there were at
// the start are heard of anyway.
func (n newClasses) OnAdd(object any, atStart bool) {
	if class, ok := object.(*storagev1.StorageClass); ok && !atStart {
		n.tellOf(class)
	}
}

// OnUpdate tells of the claims of a class that was made anew by its name while the
// watch was interrupted.
func (n newClasses) OnUpdate(before, now any) {
	old, wasClass := before.(*storagev1.StorageClass)
	class, isClass := now.(*storagev1.StorageClass)
	if wasClass && isClass && old.UID != class.UID {
		n.tellOf(class)
	}
}

// OnDelete does nothing.
func (newClasses) OnDelete(any) {}

func (n newClasses) tellOf(class *storagev1.StorageClass) {
	for _, object := range n.claims.List() {
		claim, ok := object.(*v1.PersistentVolumeClaim)
		if ok && claim.Spec.VolumeName == "" && util.GetPersistentVolumeClaimClass(claim) == class.Name {
			n.pauses.End(string(claim.UID))
			n.handler.OnUpdate(claim, claim)
		}
	}
}
