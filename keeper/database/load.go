package database

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Load returns the database that was saved last. The error is ErrNone if nothing has been saved;
// ErrGone, ErrDamaged or ErrOlder if what was saved last is not there, and then names what to do.
func (s *Store) Load(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	recorded, err := s.record(ctx)
	if err != nil {
		return nil, err
	}
	s.hadRecord = recorded != nil
	head, err := s.secrets.Get(ctx, s.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && recorded == nil:
		s.head, s.last, s.highest, s.recorded, s.litter = nil, manifest{}, 0, false, true
		return nil, ErrNone
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("%w: generation %d was saved in Secret %s/%s, which does not exist; restore it from a backup of the cluster, or, to do without it, run: %s",
			ErrGone, recorded.generation, s.namespace, s.name, s.forgetRecord())
	case err != nil:
		return nil, fmt.Errorf("cannot read Secret %s/%s: %w", s.namespace, s.name, err)
	}
	m, err := manifestIn(head)
	if err != nil {
		return nil, s.damaged(fmt.Errorf("of Secret %s/%s, %w", s.namespace, s.name, err))
	}
	if err := recorded.allows(m); err != nil {
		return nil, fmt.Errorf("%w: %w; restore the latest from a backup of the cluster, or, to go on from what is saved, run: %s; "+
			"what heketi has made since then is unknown to it", ErrOlder, err, s.forgetRecord())
	}
	data, err := s.read(ctx, head, m)
	if err != nil {
		return nil, err
	}
	// Whoever saved it may have been killed.
	s.head, s.last, s.highest, s.recorded, s.litter = head, m, m.Generation, false, true
	return data, nil
}

// read reads the pieces.
func (s *Store) read(ctx context.Context, head *v1.Secret, m manifest) ([]byte, error) {
	var pieces [][]byte
	var problems []error
	for i, described := range m.Pieces {
		secret := head
		if i > 0 {
			var err error
			secret, err = s.secrets.Get(ctx, described.Secret, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				problems = append(problems, fmt.Errorf("Secret %s/%s does not exist", s.namespace, described.Secret))
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("cannot read Secret %s/%s: %w", s.namespace, described.Secret, err)
			}
		}
		if err := described.check(secret, m.Generation); err != nil {
			problems = append(problems, fmt.Errorf("of Secret %s/%s, %w", s.namespace, described.Secret, err))
		}
		pieces = append(pieces, secret.Data[keyPiece])
	}
	if len(problems) > 0 {
		return nil, s.damaged(errors.Join(problems...))
	}
	data, err := join(pieces, m)
	if err != nil {
		return nil, s.damaged(err)
	}
	return data, nil
}

// check returns what is wrong with a piece.
func (p pieceOf) check(secret *v1.Secret, generation int64) error {
	if checksumOf(secret.Data[keyPiece]) == p.Checksum {
		return nil // Whoever has changed its labels has not changed the database.
	}
	if has := secret.Labels[labelGeneration]; has != strconv.FormatInt(generation, 10) {
		return fmt.Errorf("the piece is of generation %q, not of %d", has, generation)
	}
	return fmt.Errorf("the key %s is not what was saved", keyPiece)
}

func (s *Store) damaged(err error) error {
	return fmt.Errorf("%w: %w; restore the Secrets with the label %s=%s together, from one backup of the cluster", ErrDamaged, err, labelDatabase, s.name)
}
