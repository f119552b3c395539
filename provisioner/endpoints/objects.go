package endpoints

import (
	"context"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// api is the API of the objects of one kind in one namespace.
type api[T metav1.Object] interface {
	Create(context.Context, T, metav1.CreateOptions) (T, error)
	Get(context.Context, string, metav1.GetOptions) (T, error)
	Update(context.Context, T, metav1.UpdateOptions) (T, error)
	Delete(context.Context, string, metav1.DeleteOptions) error
}

// ensure makes the wanted object, which has only its metadata yet, list these addresses,
// and creates it. If one of that name exists and is the owner's, it is mended instead.
func (f form[T]) ensure(ctx context.Context, objects api[T], wanted T, owner Owner, addresses []string) error {
	f.mend(wanted, addresses)
	_, err := objects.Create(ctx, wanted, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		err = f.mendExisting(ctx, objects, wanted, owner, addresses)
	}
	if err != nil {
		return fmt.Errorf("cannot make %s %s/%s: %w", f.kind, wanted.GetNamespace(), wanted.GetName(), err)
	}
	return nil
}

// mendExisting mends the object that has the name of the wanted one, if it carries the
// owner's label. One with the former provisioner's gets the owner's.
func (f form[T]) mendExisting(ctx context.Context, objects api[T], wanted T, owner Owner, addresses []string) error {
	label, value := owner.label()
	found, err := objects.Get(ctx, wanted.GetName(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	if !isLabeled(found, label) {
		return fmt.Errorf("one of that name exists without the label %s, so it is %w; rename or delete it", label, ErrNotOurs)
	}
	lists, fits := f.read(found)
	_, labeled := found.GetLabels()[label]
	if shouldList, _ := f.read(wanted); fits && labeled && slices.Equal(lists, shouldList) {
		return nil
	}
	f.mend(found, addresses)
	if !labeled {
		labels := maps.Clone(found.GetLabels())
		labels[label] = value
		found.SetLabels(labels)
	}
	_, err = objects.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

// remove deletes the object of that name, if there is one that carries the label.
func (f form[T]) remove(ctx context.Context, objects api[T], namespace, name, label string) error {
	found, err := objects.Get(ctx, name, metav1.GetOptions{})
	if err == nil && isLabeled(found, label) {
		err = objects.Delete(ctx, name, *metav1.NewPreconditionDeleteOptions(string(found.GetUID())))
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot delete %s %s/%s: %w", f.kind, namespace, name, err)
	}
	return nil
}

// isLabeled says whether an object carries a label, or the one that the former provisioner
// used in its place.
func isLabeled(object metav1.Object, label string) bool {
	_, ok := object.GetLabels()[label]
	_, former := object.GetLabels()[labelFormer]
	return ok || former && label == LabelClaim
}
