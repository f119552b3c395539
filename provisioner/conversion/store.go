package conversion

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// list reads all records from the API server.
func (c *Conversions) list(ctx context.Context) ([]*replacement, error) {
	found, err := c.Client.CoreV1().ConfigMaps(c.Namespace).List(ctx, metav1.ListOptions{LabelSelector: Selector(c.Provisioner)})
	if err != nil {
		return nil, fmt.Errorf("cannot read the records of conversions: %w", err)
	}
	var records []*replacement
	for i := range found.Items {
		r, err := replacementFrom(&found.Items[i])
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// write saves a record, which then takes the place of the earlier one of its name. After an
// error it may be saved or not.
func (c *Conversions) write(ctx context.Context, r *replacement) error {
	configMaps := c.Client.CoreV1().ConfigMaps(c.Namespace)
	configMap, err := r.written(c.Provisioner)
	if err != nil {
		return err
	}
	var saved *v1.ConfigMap
	if r.configMap == nil {
		saved, err = configMaps.Create(ctx, configMap, metav1.CreateOptions{})
	} else {
		saved, err = configMaps.Update(ctx, configMap, metav1.UpdateOptions{})
	}
	if hasChanged(err) {
		return later{errChanged, time.Second}
	}
	if err != nil {
		return fmt.Errorf("cannot save in ConfigMap %s/%s what is about to be done: %w", c.Namespace, configMap.Name, err)
	}
	r.configMap = saved
	c.put(r)
	return nil
}

// end removes a record.
func (c *Conversions) end(ctx context.Context, r *replacement) error {
	if err := c.remove(ctx, r.configMap); err != nil {
		return err
	}
	c.drop(r.name)
	return nil
}

func (c *Conversions) remove(ctx context.Context, configMap *v1.ConfigMap) error {
	err := c.Client.CoreV1().ConfigMaps(c.Namespace).Delete(ctx, configMap.Name, *metav1.NewPreconditionDeleteOptions(string(configMap.UID)))
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot remove ConfigMap %s/%s of the conversion that is done: %w", c.Namespace, configMap.Name, err)
	}
	return nil
}

// lookUp asks the API server for the record of a PersistentVolume; nil if there is none.
// One may have been saved although the write failed.
func (c *Conversions) lookUp(ctx context.Context, name string) (*replacement, error) {
	configMap, err := recordOf(ctx, c.Client.CoreV1().ConfigMaps(c.Namespace), c.Provisioner, name)
	if configMap == nil || err != nil {
		return nil, err
	}
	return replacementFrom(configMap)
}

// IsUnderWay asks the API server whether a provisioner is replacing the PersistentVolume of
// that name, which may not exist meanwhile. The ConfigMaps are those of the provisioner's
// namespace.
func IsUnderWay(ctx context.Context, configMaps corev1.ConfigMapInterface, provisioner, pv string) (bool, error) {
	configMap, err := recordOf(ctx, configMaps, provisioner, pv)
	return configMap != nil, err
}

// recordOf returns the record of a PersistentVolume as it is saved; nil if there is none.
func recordOf(ctx context.Context, configMaps corev1.ConfigMapInterface, provisioner, pv string) (*v1.ConfigMap, error) {
	configMap, err := configMaps.Get(ctx, recordName(provisioner, pv), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read the record of the conversion: %w", err)
	}
	return configMap, nil
}

// hasChanged says that somebody else has changed, made or removed what was to be.
func hasChanged(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}

// errChanged says that a PersistentVolume is not as it was seen any more.
var errChanged = errors.New("it was changed meanwhile")
