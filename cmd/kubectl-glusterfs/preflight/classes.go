package preflight

import (
	"fmt"

	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/volume"
)

// classes is whether volumes can be made for the provisioner's classes.
func (f Facts) classes() []Line {
	const what = "classes"
	switch {
	case f.Classes.Err != nil:
		return []Line{untold(what, f.Classes.Err)}
	case len(f.Classes.Value) == 0:
		return []Line{{what, verdict.Fine, "there is none of provisioner " + f.Installed.Provisioner + " yet", "make one: examples/class.yaml"}}
	}
	var lines []Line
	for _, class := range f.Classes.Value {
		lines = append(lines, f.class(class))
	}
	return lines
}

func (f Facts) class(class *storagev1.StorageClass) Line {
	what := "class " + class.Name
	mounted := volume.Source("")
	if f.Kubernetes.There && f.Driver.Err == nil {
		mounted = volume.MountedSource(f.Kubernetes.Value, f.Driver.There)
	}
	params, err := inventory.Parameters(class, mounted)
	if err != nil {
		return Line{what, verdict.Wrong, err.Error(), "delete it and make it again; volumes that there are do not need it"}
	}
	ref := params.Heketi.Secret
	if ref == nil {
		return Line{what, verdict.Fine, "valid, heketi " + params.Heketi.URL, ""}
	}
	readable, key := f.Readable[*ref], f.Keys[*ref]
	switch {
	case key.IsAbsent():
		return Line{what, verdict.Wrong, fmt.Sprintf("Secret %s does not exist", ref), "make it: examples/secret.yaml"}
	case readable.There && len(readable.Value.Missing) > 0:
		return Line{what, verdict.Wrong, fmt.Sprintf("the provisioner may not read Secret %s", ref), fmt.Sprintf("kubectl apply -n %s -f deploy/secrets-in-namespaces/", ref.Namespace)}
	case key.There && key.Value.Problem != nil:
		return Line{what, verdict.Wrong, key.Value.Problem.Error(), "mend the Secret"}
	case key.Err != nil:
		return untold(what, fmt.Errorf("Secret %s: %w", ref, key.Err))
	case readable.Err != nil:
		return untold(what, readable.Err)
	}
	return Line{what, verdict.Fine, fmt.Sprintf("valid, heketi %s, Secret %s has a key", params.Heketi.URL, ref), ""}
}
