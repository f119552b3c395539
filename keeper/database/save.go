package database

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// Claim makes this store the only one that can save: saves of whoever had the database before
// fail from then on. What is saved has been loaded.
func (s *Store) Claim(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head == nil {
		return nil // The first save makes the head, which only one can.
	}
	piece := s.head.Data[keyPiece]
	return retryOnceSeen(func() error {
		claimed := s.last
		claimed.Session = s.session
		return s.replaceHead(ctx, claimed, piece)
	})
}

// Save saves the database as the next generation, unless it is what was saved last. After an
// error it may be saved or not, and is to be saved again. The error is ErrTaken if somebody else
// has claimed the database: then nothing can be saved any more.
func (s *Store) Save(ctx context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := retryOnceSeen(func() error {
		if s.head != nil && !s.damage && s.last.Checksum == checksumOf(data) {
			return nil
		}
		return s.write(ctx, data)
	})
	if err != nil || s.recorded {
		return err
	}
	if err := s.writeRecord(ctx); err != nil {
		return err
	}
	if s.litter {
		s.clean(ctx)
	}
	return nil
}

// errSeen is that the head was not as it was last seen, which it is now.
var errSeen = errors.New("it has changed, and was read again")

// retryOnceSeen tries again what has found that a write of its own, whose answer was lost, had
// succeeded.
func retryOnceSeen(try func() error) error {
	err := try()
	if errors.Is(err, errSeen) {
		return try()
	}
	return err
}

// write writes the database as the next generation.
func (s *Store) write(ctx context.Context, data []byte) error {
	pieces, err := cut(data, s.pieceSize)
	if err != nil {
		return fmt.Errorf("cannot compress the database: %w", err)
	}
	next := manifest{
		Generation: s.highest + 1, Session: s.session, Saved: time.Now().UTC(),
		Checksum: checksumOf(data), Size: int64(len(data)),
	}
	s.litter = s.litter || len(s.last.Pieces) > 1
	unique := strings.ToLower(rand.Text()[:8])
	for i, piece := range pieces {
		described := pieceOf{Secret: s.name, Checksum: checksumOf(piece)}
		if i > 0 {
			described.Secret = fmt.Sprintf("%s-%d-%s-%d", s.name, next.Generation, unique, i)
			if err := s.writePiece(ctx, described.Secret, piece, next.Generation); err != nil {
				return err
			}
		}
		next.Pieces = append(next.Pieces, described)
	}
	return s.replaceHead(ctx, next, pieces[0])
}

func (s *Store) writePiece(ctx context.Context, name string, piece []byte, generation int64) error {
	secret := s.newSecret(name, generation)
	immutable := true
	secret.Immutable = &immutable
	secret.Data = map[string][]byte{keyPiece: piece}
	if _, err := s.secrets.Create(ctx, secret, metav1.CreateOptions{}); err != nil {
		s.litter = true
		return fmt.Errorf("cannot write Secret %s/%s: %w", s.namespace, name, err)
	}
	return nil
}

func (s *Store) newSecret(name string, generation int64) *v1.Secret {
	return &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: s.namespace,
			Labels: map[string]string{labelDatabase: s.name, labelGeneration: strconv.FormatInt(generation, 10)},
		},
		Type: SecretType,
	}
}

// replaceHead writes the head, provided that it is as it was last seen.
func (s *Store) replaceHead(ctx context.Context, m manifest, piece []byte) error {
	text, err := m.text()
	if err != nil {
		return fmt.Errorf("cannot encode the manifest: %w", err)
	}
	head := s.newSecret(s.name, m.Generation)
	head.Data = map[string][]byte{keyManifest: text, keyPiece: piece}
	var written *v1.Secret
	if s.head == nil {
		written, err = s.secrets.Create(ctx, head, metav1.CreateOptions{})
	} else {
		head.UID, head.ResourceVersion = s.head.UID, s.head.ResourceVersion
		written, err = s.secrets.Update(ctx, head, metav1.UpdateOptions{})
	}
	if err == nil {
		s.head, s.last, s.highest, s.recorded, s.damage = written, m, m.Generation, false, false
		return nil
	}
	s.litter = true
	err = fmt.Errorf("cannot write Secret %s/%s: %w", s.namespace, s.name, err)
	if hasChanged(err) {
		return fmt.Errorf("%w: %w", err, s.seeWho(ctx))
	}
	return err
}

// hasChanged says that the head is not as it was last seen.
func hasChanged(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}

// seeWho looks who has changed the head. It may have been this store, by a write whose answer
// was lost, or somebody who has deleted it: then the error is errSeen, and the store can go
// on from there. Otherwise it is ErrTaken.
func (s *Store) seeWho(ctx context.Context) error {
	head, err := s.secrets.Get(ctx, s.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return s.seeDeleted(ctx)
	}
	if err != nil {
		return err
	}
	return s.see(head)
}

// seeDeleted has the head made again that somebody has deleted, unless somebody else has saved meanwhile. Whoever has deleted the
// ConfigMap, too, has deleted all but what heketi runs with.
func (s *Store) seeDeleted(ctx context.Context) error {
	recorded, err := s.record(ctx)
	if err != nil {
		return err
	}
	if err := recorded.allows(s.last); err != nil {
		return fmt.Errorf("%w: Secret %s/%s was deleted, and by ConfigMap %s somebody else has saved: %w", ErrTaken, s.namespace, s.name, s.name, err)
	}
	klog.InfoS("The saved database was deleted, and is saved again", "secret", klog.KRef(s.namespace, s.name))
	s.head = nil
	return errSeen
}

// clean deletes pieces that belong to no generation that counts: of earlier ones, and of saves
// that did not get to their head.
func (s *Store) clean(ctx context.Context) {
	wanted := map[string]bool{s.name: true}
	for _, piece := range s.last.Pieces {
		wanted[piece.Secret] = true
	}
	s.litter = false
	found, err := s.secrets.List(ctx, metav1.ListOptions{LabelSelector: labelDatabase + "=" + s.name})
	if err != nil {
		s.litter = true
		klog.ErrorS(err, "Cannot look for pieces of earlier databases")
		return
	}
	for _, secret := range found.Items {
		generation, err := strconv.ParseInt(secret.Labels[labelGeneration], 10, 64)
		// Those of a later generation would be of somebody who has claimed the database meanwhile.
		if wanted[secret.Name] || err != nil || generation > s.last.Generation || secret.Type != SecretType {
			continue
		}
		if err := s.secrets.Delete(ctx, secret.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			s.litter = true
			klog.ErrorS(err, "Cannot delete a piece of an earlier database", "secret", klog.KRef(s.namespace, secret.Name))
		}
	}
}
