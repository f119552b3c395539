package endpoints

import (
	"context"
	"fmt"
	"maps"
	"strings"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

func configMapOf(name string, owner Owner, addresses []string) *v1.ConfigMap {
	return &v1.ConfigMap{ObjectMeta: owner.meta(name), Data: serversData(addresses)}
}

func serversData(addresses []string) map[string]string {
	return map[string]string{volume.HostsKey: volume.HostsText(addresses)}
}

// plainHosts returns the addresses in a ConfigMap; false if there is more to it
// than what EnsureConfigMap writes.
func plainHosts(configMap *v1.ConfigMap) ([]string, bool) {
	text := configMap.Data[volume.HostsKey]
	if text == "" || len(configMap.Data) != 1 || len(configMap.BinaryData) > 0 {
		return nil, false
	}
	return strings.Split(text, ","), true
}

// EnsureConfigMap makes the ConfigMap of that name in the owner's namespace, with
// these addresses, and mends one that exists. One without the owner's label is left
// alone; the error wraps ErrNotOurs then.
func (s *Store) EnsureConfigMap(ctx context.Context, name string, owner Owner, addresses []string) error {
	if err := s.ensureConfigMap(ctx, name, owner, addresses); err != nil {
		return fmt.Errorf("cannot make ConfigMap %s/%s: %w", owner.Namespace, name, err)
	}
	return nil
}

func (s *Store) ensureConfigMap(ctx context.Context, name string, owner Owner, addresses []string) error {
	configMaps := s.client.ConfigMaps(owner.Namespace)
	_, err := configMaps.Create(ctx, configMapOf(name, owner, addresses), metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found, err := configMaps.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	label, _ := owner.label()
	wanted := serversData(addresses)
	if err := expectLabel(found, label); err != nil || maps.Equal(found.Data, wanted) && len(found.BinaryData) == 0 {
		return err
	}
	found.Data, found.BinaryData = wanted, nil
	_, err = configMaps.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

// RemoveConfigMap deletes the ConfigMap of that name that was made for a heketi
// cluster. If there is none that is no error, and another is left alone.
func (s *Store) RemoveConfigMap(ctx context.Context, namespace, name string) error {
	found, err := s.client.ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	if err == nil && expectLabel(found, LabelCluster) == nil {
		err = s.client.ConfigMaps(namespace).Delete(ctx, name, *metav1.NewPreconditionDeleteOptions(string(found.UID)))
	}
	if err = unlessGone(err); err != nil {
		return fmt.Errorf("cannot delete ConfigMap %s/%s: %w", namespace, name, err)
	}
	return nil
}
