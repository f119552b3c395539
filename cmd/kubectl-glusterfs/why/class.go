package why

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// annotationDefault marks the class of claims that name none (isDefaultStorageClassAnnotation in
// Kubernetes' pkg/volume/util).
const annotationDefault = "storageclass.kubernetes.io/is-default-class"

// classNamed returns the name of the class that a claim names; false if it names none. The
// annotation came before the field, and counts before it.
func classNamed(claim *v1.PersistentVolumeClaim) (string, bool) {
	if name, annotated := claim.Annotations[v1.BetaStorageClassAnnotation]; annotated {
		return name, true
	}
	if claim.Spec.StorageClassName == nil {
		return "", false
	}
	return *claim.Spec.StorageClassName, true
}

// classCalled returns the class of that name; nil if there is none.
func (f Facts) classCalled(name string) *storagev1.StorageClass {
	for _, class := range f.Classes.Value {
		if class.Name == name {
			return class
		}
	}
	return nil
}

func (f Facts) hasDefaultClass() bool {
	for _, class := range f.Classes.Value {
		if class.Annotations[annotationDefault] == "true" {
			return true
		}
	}
	return false
}

// ofClass looks for a claim's class. The class is nil if the provisioner makes nothing for it.
func (f Facts) ofClass(claim *v1.PersistentVolumeClaim) (*storagev1.StorageClass, *parameters.Parameters, finding) {
	const at = "class"
	name, named := classNamed(claim)
	if f.Classes.Err != nil {
		return nil, nil, untold(at, "what its class is", f.Classes.Err)
	}
	if name == "" {
		return nil, nil, f.withoutClass(named)
	}
	class := f.classCalled(name)
	if class == nil {
		return nil, nil, finding{at: at, state: verdict.Wrong, reason: ClassMissing, says: fmt.Sprintf("StorageClass %q does not exist", name),
			toDo: "make it, and the claim goes on by itself; a claim cannot be given another class, only deleted and made again"}
	}
	if class.Provisioner != f.Installed.Provisioner {
		return nil, nil, f.ofAnother(class)
	}
	params, problem := f.judge(class)
	if problem != nil {
		return nil, nil, finding{at: at, state: verdict.Wrong, reason: ClassInvalid, says: fmt.Sprintf("StorageClass %q cannot be used: %v", name, problem),
			toDo: "delete the class and make it again under the same name, since parameters cannot be changed; the claim goes on by itself"}
	}
	return class, params, finding{at: at, state: verdict.Fine, says: fmt.Sprintf("StorageClass %q is valid, its heketi is %s", name, params.Heketi.URL)}
}

func (f Facts) withoutClass(named bool) finding {
	found := finding{at: "class", state: verdict.Wrong, reason: NoClass}
	switch {
	case named:
		found.says = `its storageClassName is "", which asks for no new volume, only for a PersistentVolume that exists`
		found.toDo = "make the claim again with the name of a class, or make a PersistentVolume for it"
	case f.hasDefaultClass():
		found.state, found.says = verdict.Waits, "it names no StorageClass, and has not been given the default one yet"
		found.toDo = "wait; Kubernetes 1.25 and older gives it to new claims only: there, make the claim again"
	default:
		found.says = "it names no StorageClass, and none is marked as the default"
		found.toDo = "make the claim again with storageClassName, or mark a class: kubectl annotate storageclass NAME " + annotationDefault + "=true"
	}
	return found
}

// ofAnother is a class that another provisioner makes volumes for.
func (f Facts) ofAnother(class *storagev1.StorageClass) finding {
	found := finding{at: "class", state: verdict.Unknown, reason: ClassOfAnother,
		says: fmt.Sprintf("StorageClass %q is for provisioner %s, not for %s", class.Name, class.Provisioner, f.Installed.Provisioner),
		toDo: "ask that provisioner; if it is this one under another name, use --provisioner-name and --provisioner-namespace",
	}
	if class.Provisioner == volume.InTree || class.Provisioner == volume.Former {
		found.state = verdict.Wrong
		found.toDo = fmt.Sprintf("if nothing of it runs any more, delete the class and make it again under the same name with provisioner: %s; the parameters may stay (docs/moving.md)", f.Installed.Provisioner)
	}
	return found
}

// judge returns the parameters of a class, or why no volume can be made for it.
func (f Facts) judge(class *storagev1.StorageClass) (*parameters.Parameters, error) {
	if !f.Kubernetes.There || f.Driver.Err != nil {
		return inventory.Parameters(class, "")
	}
	return inventory.Parameters(class, volume.MountedSource(f.Kubernetes.Value, f.Driver.There))
}
