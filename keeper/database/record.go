package database

import (
	"context"
	"fmt"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The keys of the ConfigMap.
const (
	keyGeneration = "generation"
	keyChecksum   = "checksum"
	keySaved      = "saved"
	keySize       = "size"
)

// record is what the ConfigMap says of the latest generation. A nil one says nothing.
type record struct {
	generation int64
	checksum   string
}

// record reads the ConfigMap; nil if there is none.
func (s *Store) record(ctx context.Context) (*record, error) {
	configMap, err := s.configMaps.Get(ctx, s.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read ConfigMap %s/%s: %w", s.namespace, s.name, err)
	}
	generation, err := strconv.ParseInt(configMap.Data[keyGeneration], 10, 64)
	if err != nil || generation < 1 {
		return nil, fmt.Errorf("%w: ConfigMap %s/%s has the generation %q, which is no number of one; to go on from what is saved, run: %s",
			ErrDamaged, s.namespace, s.name, configMap.Data[keyGeneration], s.forgetRecord())
	}
	return &record{generation, configMap.Data[keyChecksum]}, nil
}

// is says whether it tells of this generation.
func (r *record) is(m manifest) bool {
	return r != nil && r.generation == m.Generation && r.checksum == m.Checksum
}

// allows returns why a generation is not the latest. It is written after the head, so that it
// may be late.
func (r *record) allows(m manifest) error {
	switch {
	case r == nil || r.generation < m.Generation || r.is(m):
		return nil
	case r.generation > m.Generation:
		return fmt.Errorf("it is generation %d, and generation %d was saved after it", m.Generation, r.generation)
	default:
		return fmt.Errorf("it is another generation %d than the one that was saved", m.Generation)
	}
}

// forgetRecord is the command by which a person takes what there is for the latest.
func (s *Store) forgetRecord() string {
	return fmt.Sprintf("kubectl delete configmap %s -n %s", s.name, s.namespace)
}

// writeRecord has the ConfigMap tell of the last generation.
func (s *Store) writeRecord(ctx context.Context) error {
	data := map[string]string{
		keyGeneration: strconv.FormatInt(s.last.Generation, 10),
		keyChecksum:   s.last.Checksum,
		keySaved:      s.last.Saved.UTC().Format(time.RFC3339),
		keySize:       strconv.FormatInt(s.last.Size, 10),
	}
	configMap := &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: s.name, Namespace: s.namespace, Labels: map[string]string{labelDatabase: s.name}},
		Data:       data,
	}
	_, err := s.configMaps.Update(ctx, configMap, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = s.configMaps.Create(ctx, configMap, metav1.CreateOptions{})
	}
	if err != nil {
		return fmt.Errorf("cannot write ConfigMap %s/%s: %w", s.namespace, s.name, err)
	}
	s.recorded = true
	return nil
}
