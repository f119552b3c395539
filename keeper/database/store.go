package database

import (
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Store is where a database is saved. It is safe for concurrent use.
type Store struct {
	secrets    corev1.SecretInterface
	configMaps corev1.ConfigMapInterface
	namespace  string
	name       string
	session    string
	pieceSize  int

	mu sync.Mutex
	// head is the head as it was last seen; nil if there was none.
	head *v1.Secret
	// last is what the head says; none if there is no head.
	last manifest
	// hadRecord is whether there was a ConfigMap when the database was loaded.
	hadRecord bool
	// highest is the highest generation that there has been.
	highest int64
	// recorded is whether the ConfigMap tells of the last.
	recorded bool
	// damage is whether the last is not there any more as it was saved.
	damage bool
	// litter is whether there may be pieces that do not belong to the last.
	litter bool
}

// Config says where a database is saved, and by whom.
type Config struct {
	Client    kubernetes.Interface
	Namespace string
	// Name is that of the head and of the ConfigMap, and begins those of the other pieces.
	Name string
	// Session is a name that nobody else has, nor had.
	Session string
}

// New returns a store. Before anything is saved, Load has to be called.
func New(config Config) *Store {
	return &Store{
		secrets:    config.Client.CoreV1().Secrets(config.Namespace),
		configMaps: config.Client.CoreV1().ConfigMaps(config.Namespace),
		namespace:  config.Namespace,
		name:       config.Name,
		session:    config.Session,
		pieceSize:  pieceSize,
	}
}

// Last is what this store has read or saved last.
func (s *Store) Last() Generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.generation()
}

// IsRecorded says whether the ConfigMap was there when the database was loaded. A person may have
// removed it to go on from what is saved, whatever has been.
func (s *Store) IsRecorded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hadRecord
}
