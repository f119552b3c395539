package journal

import (
	"context"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// server takes an API server's place: unlike client-go's fake it refuses what is based on
// a version that is not the present one. It has the ConfigMaps of one namespace.
type server struct {
	corev1.ConfigMapInterface

	mu         sync.Mutex
	configMaps map[string]*v1.ConfigMap
	version    int
	// slow is how long each write takes.
	slow time.Duration
	// fail is asked before each request, and lose after it was carried out: their errors
	// are the answer.
	fail, lose func(verb string) error
	// seen are the verbs of all requests.
	seen []string
}

func newServer() *server {
	none := func(string) error { return nil }
	return &server{configMaps: map[string]*v1.ConfigMap{}, fail: none, lose: none}
}

var configMapsResource = schema.GroupResource{Resource: "configmaps"}

// ConfigMaps makes the server a client.
func (s *server) ConfigMaps(string) corev1.ConfigMapInterface { return s }

func (s *server) do(verb, name string, how func(before *v1.ConfigMap) (*v1.ConfigMap, error)) (*v1.ConfigMap, error) {
	if verb != "get" {
		time.Sleep(s.slow)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, verb)
	if err := s.fail(verb); err != nil {
		return nil, err
	}
	now, err := how(s.configMaps[name])
	if err != nil {
		return nil, err
	}
	return now.DeepCopy(), s.lose(verb)
}

// put has the ConfigMap saved as a new version.
func (s *server) put(configMap *v1.ConfigMap, uid types.UID) *v1.ConfigMap {
	s.version++
	saved := configMap.DeepCopy()
	saved.Namespace, saved.UID, saved.ResourceVersion = namespace, uid, fmt.Sprint(s.version)
	s.configMaps[saved.Name] = saved
	return saved
}

// Get is the API server's.
func (s *server) Get(_ context.Context, name string, _ metav1.GetOptions) (*v1.ConfigMap, error) {
	return s.do("get", name, func(found *v1.ConfigMap) (*v1.ConfigMap, error) {
		if found == nil {
			return nil, apierrors.NewNotFound(configMapsResource, name)
		}
		return found, nil
	})
}

// Create is the API server's.
func (s *server) Create(_ context.Context, configMap *v1.ConfigMap, _ metav1.CreateOptions) (*v1.ConfigMap, error) {
	return s.do("create", configMap.Name, func(before *v1.ConfigMap) (*v1.ConfigMap, error) {
		if before != nil {
			return nil, apierrors.NewAlreadyExists(configMapsResource, configMap.Name)
		}
		return s.put(configMap, types.UID(fmt.Sprint("made-as-", s.version))), nil
	})
}

// Update is the API server's.
func (s *server) Update(_ context.Context, configMap *v1.ConfigMap, _ metav1.UpdateOptions) (*v1.ConfigMap, error) {
	return s.do("update", configMap.Name, func(before *v1.ConfigMap) (*v1.ConfigMap, error) {
		switch {
		case before == nil:
			return nil, apierrors.NewNotFound(configMapsResource, configMap.Name)
		case before.ResourceVersion != configMap.ResourceVersion || before.UID != configMap.UID:
			return nil, apierrors.NewConflict(configMapsResource, configMap.Name, nil)
		}
		return s.put(configMap, before.UID), nil
	})
}

// Delete is the API server's.
func (s *server) Delete(_ context.Context, name string, options metav1.DeleteOptions) error {
	_, err := s.do("delete", name, func(before *v1.ConfigMap) (*v1.ConfigMap, error) {
		switch {
		case before == nil:
			return nil, apierrors.NewNotFound(configMapsResource, name)
		case before.UID != *options.Preconditions.UID || before.ResourceVersion != *options.Preconditions.ResourceVersion:
			return nil, apierrors.NewConflict(configMapsResource, name, nil)
		}
		delete(s.configMaps, name)
		return before, nil
	})
	return err
}

// edit is what an administrator does meanwhile.
func (s *server) edit(how func(data map[string]string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	configMap := s.configMaps[configMapName(provisioner)].DeepCopy()
	how(configMap.Data)
	s.put(configMap, configMap.UID)
}

// drop deletes the ConfigMap, whoever uses it.
func (s *server) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.configMaps, configMapName(provisioner))
}

// writes returns the requests since it was called last, but for reads.
func (s *server) writes() (verbs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, verb := range s.seen {
		if verb != "get" {
			verbs = append(verbs, verb)
		}
	}
	s.seen = nil
	return verbs
}
