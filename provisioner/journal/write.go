package journal

import (
	"context"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
)

// write writes changes, and returns which of them there is no room for. Each write names
// the version of the ConfigMap that it is based on. So one that was given up and arrives
// late is refused by the API server once another was written, and what somebody else has
// changed meanwhile is not overwritten: then the ConfigMap is read again.
func (j *Journal) write(ctx context.Context, c changes) (refused map[types.UID]error, err error) {
	// client-go's retry takes no context; each of its four tries has it.
	err = retry.OnError(retry.DefaultBackoff, hasChanged, func() (err error) {
		if !j.known.read {
			if j.known, err = j.read(ctx); err != nil {
				return err
			}
		}
		var after map[string]string
		var due bool
		after, refused, due = c.apply(j.known.entries())
		if !due {
			return nil
		}
		j.known, err = j.replace(ctx, j.known.configMap, after)
		return err
	})
	return refused, err
}

// hasChanged says that somebody else has written or deleted what was to be written.
func hasChanged(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}

// replace has the API server replace the ConfigMap as it was last seen, nil if there was
// none, by one with these entries. A failure leaves what there is unknown.
func (j *Journal) replace(ctx context.Context, seen *v1.ConfigMap, entries map[string]string) (page, error) {
	var written *v1.ConfigMap
	var err error
	switch {
	case seen == nil:
		written, err = j.configMaps.Create(ctx, newConfigMap(j.provisioner, entries), metav1.CreateOptions{})
	case len(entries) == 0:
		err = j.configMaps.Delete(ctx, seen.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &seen.UID, ResourceVersion: &seen.ResourceVersion},
		})
	default:
		next := *seen
		next.Data = entries
		written, err = j.configMaps.Update(ctx, &next, metav1.UpdateOptions{})
	}
	if err != nil {
		return page{}, err
	}
	return page{true, written}, nil
}
