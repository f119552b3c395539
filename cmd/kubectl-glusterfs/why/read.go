package why

import (
	"context"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Read asks for what is known of a claim. What may not be read is in the facts as an error.
func Read(ctx context.Context, c cluster.Cluster, name types.NamespacedName) Facts {
	f := Facts{Name: name, Installed: c.Installed, Now: time.Now()}
	core := c.Client.CoreV1()
	f.Claim = asked.For(core.PersistentVolumeClaims(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{}))
	f.Events = events(ctx, c, name.Namespace, "PersistentVolumeClaim", name.Name)
	if f.Claim.There {
		f.Events.Value = slices.DeleteFunc(f.Events.Value, func(event v1.Event) bool { return event.InvolvedObject.UID != f.Claim.Value.UID })
	}
	f.Classes = c.Classes(ctx)
	f.Key = f.key(ctx, c)
	f.Leader = c.Leader(ctx)
	f.Entry = f.readEntry(ctx, c)
	f.Volume = f.readVolume(ctx, c)
	if pv := f.nameOfVolume(); pv != "" {
		f.VolumeEvents = events(ctx, c, metav1.NamespaceDefault, "PersistentVolume", pv)
		f.Conversion = isConverted(ctx, c, pv)
	}
	f.Driver = c.Driver(ctx)
	f.Kubernetes = c.Kubernetes(ctx)
	if claim := f.Claim.Value; f.Claim.There && (claim.Spec.VolumeName == "" || claim.DeletionTimestamp != nil) {
		list, err := core.Pods(name.Namespace).List(ctx, metav1.ListOptions{})
		f.Pods = asked.Then(asked.For(list, err), func(list *v1.PodList) ([]v1.Pod, error) { return list.Items, nil })
	}
	return f
}

// events returns those on objects of that name, which may have been several in turn.
func events(ctx context.Context, c cluster.Cluster, namespace, kind, name string) asked.Thing[[]v1.Event] {
	list, err := c.Client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: fields.AndSelectors(
		fields.OneTermEqualSelector("involvedObject.kind", kind),
		fields.OneTermEqualSelector("involvedObject.name", name),
	).String()})
	return asked.Then(asked.For(list, err), func(list *v1.EventList) ([]v1.Event, error) { return list.Items, nil })
}

// key looks at the Secret that the claim's class names.
func (f Facts) key(ctx context.Context, c cluster.Cluster) asked.Thing[cluster.Key] {
	if !f.Claim.There {
		return asked.Thing[cluster.Key]{}
	}
	name, _ := classNamed(f.Claim.Value)
	class := f.classCalled(name)
	if class == nil {
		return asked.Thing[cluster.Key]{}
	}
	params, err := parameters.Parse(class.Parameters)
	if err != nil || params.Heketi.Secret == nil {
		return asked.Thing[cluster.Key]{}
	}
	return c.Key(ctx, *params.Heketi.Secret, params.Heketi.URL)
}

// readEntry looks for a claim in the journal: by its UID, or by its name if it is gone.
func (f Facts) readEntry(ctx context.Context, c cluster.Cluster) asked.Thing[journal.Entry] {
	entries, err := journal.New(c.Client.CoreV1(), c.Installed.Namespace, c.Installed.Provisioner).List(ctx)
	return asked.Then(asked.For(entries, err), func(entries []journal.Entry) (journal.Entry, error) {
		for _, entry := range entries {
			if f.Claim.There && entry.ClaimUID == f.Claim.Value.UID || f.Claim.IsAbsent() && entry.Claim == f.Name {
				return entry, nil
			}
		}
		return journal.Entry{}, apierrors.NewNotFound(schema.GroupResource{Resource: "entries"}, f.Name.String())
	})
}

// nameOfVolume is the PersistentVolume that the claim names, or the one that the library makes
// for it.
func (f Facts) nameOfVolume() string {
	switch {
	case f.Volume.There:
		return f.Volume.Value.Name
	case !f.Claim.There:
		return ""
	case f.Claim.Value.Spec.VolumeName != "":
		return f.Claim.Value.Spec.VolumeName
	}
	return volume.PersistentVolumeName(f.Claim.Value.UID)
}

// readVolume looks for the PersistentVolume of a claim. For one that is gone, it is the last that
// was made for a claim of its name.
func (f Facts) readVolume(ctx context.Context, c cluster.Cluster) asked.Thing[*v1.PersistentVolume] {
	if name := f.nameOfVolume(); name != "" {
		return asked.For(c.Client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{}))
	}
	return asked.Then(c.Volumes(ctx), func(all []*v1.PersistentVolume) (*v1.PersistentVolume, error) {
		var last *v1.PersistentVolume
		for _, pv := range all {
			ref := pv.Spec.ClaimRef
			if ref != nil && ref.Namespace == f.Name.Namespace && ref.Name == f.Name.Name && (last == nil || last.CreationTimestamp.Before(&pv.CreationTimestamp)) {
				last = pv
			}
		}
		if last == nil {
			return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "persistentvolumes"}, f.Name.String())
		}
		return last, nil
	})
}

// isConverted looks for the record by which a PersistentVolume is being replaced.
func isConverted(ctx context.Context, c cluster.Cluster, pv string) asked.Thing[struct{}] {
	underWay, err := conversion.IsUnderWay(ctx, c.Client.CoreV1().ConfigMaps(c.Installed.Namespace), c.Installed.Provisioner, pv)
	return asked.Thing[struct{}]{There: underWay, Err: err}
}
