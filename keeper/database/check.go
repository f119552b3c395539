package database

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// Check looks whether what this store has saved is still there. The next Save writes again what somebody has deleted or
// changed, whether or not the database has changed. The error is ErrTaken if somebody else has claimed the database.
func (s *Store) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head == nil {
		return nil
	}
	head, err := s.secrets.Get(ctx, s.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		err = s.seeDeleted(ctx)
	case err != nil:
		return fmt.Errorf("cannot read Secret %s/%s: %w", s.namespace, s.name, err)
	case head.ResourceVersion != s.head.ResourceVersion:
		err = s.see(head)
	}
	if err != nil && !errors.Is(err, errSeen) {
		return err
	}
	if s.head == nil {
		return nil
	}
	return errors.Join(s.checkPieces(ctx), s.checkRecord(ctx))
}

// checkPieces has the next save write all pieces again if one is not what was saved.
func (s *Store) checkPieces(ctx context.Context) error {
	_, err := s.read(ctx, s.head, s.last)
	if errors.Is(err, ErrDamaged) {
		klog.InfoS("The saved database was changed, and is saved again", "secret", klog.KRef(s.namespace, s.name), "reason", err.Error())
		s.damage = true
		return nil
	}
	return err
}

// checkRecord has the next save write the ConfigMap again if it does not tell of the last generation.
func (s *Store) checkRecord(ctx context.Context) error {
	recorded, err := s.record(ctx)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	s.recorded = s.recorded && recorded.is(s.last)
	return nil
}

// see takes a head for the one to go on from that is not as it was last seen. It may be of a write of this store whose answer
// was lost, or somebody has put an earlier one back: then the error is errSeen. If somebody else has claimed the
// database, it is ErrTaken.
func (s *Store) see(head *v1.Secret) error {
	m, err := manifestIn(head)
	if err != nil {
		return fmt.Errorf("%w: of Secret %s/%s, %w", ErrTaken, s.namespace, s.name, err)
	}
	if m.Session != s.session {
		return fmt.Errorf("%w: session %s has Secret %s/%s, and this is session %s", ErrTaken, m.Session, s.namespace, s.name, s.session)
	}
	s.damage = s.damage || m.Generation < s.highest
	s.head, s.last, s.highest, s.recorded = head, m, max(m.Generation, s.highest), false
	return errSeen
}
