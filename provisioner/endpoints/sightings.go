package endpoints

import (
	"context"
	"errors"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/caches"
)

// sighting is all that is kept in memory of a Service, of Endpoints or of a ConfigMap
// as the API server has them. There are two for each claim, so it is small.
type sighting struct {
	// Only the name, the namespace and the resource version are set.
	metav1.ObjectMeta
	// cluster is the heketi cluster that they are shared for; empty if they are a
	// claim's.
	cluster string
	// kind is that of the listing of which it is a part.
	kind kind
	// fits says that nothing has to be mended except perhaps the addresses.
	fits bool
	// addresses are those of Endpoints or a ConfigMap that fit.
	addresses []string
}

// sightingOf returns what is kept of a Service, of Endpoints or of a ConfigMap, and
// anything else as it is.
func sightingOf(object any) (any, error) {
	switch object := object.(type) {
	case *v1.Service:
		return serviceForm.sighting(object, inEndpoints), nil
	case *v1.Endpoints:
		return endpointsForm.sighting(object, inEndpoints), nil
	case *v1.ConfigMap:
		return configMapForm.sighting(object, inConfigMap), nil
	}
	return object, nil
}

func (f form[T]) sighting(object T, partOf kind) *sighting {
	addresses, fits := f.read(object)
	return &sighting{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       object.GetNamespace(),
			Name:            object.GetName(),
			ResourceVersion: object.GetResourceVersion(),
		},
		cluster:   object.GetLabels()[LabelCluster],
		kind:      partOf,
		fits:      fits,
		addresses: addresses,
	}
}

// sightings are the Services and Endpoints that carry a label of ours, in all
// namespaces, and such ConfigMaps in the provisioner's own.
type sightings struct {
	factories                       []informers.SharedInformerFactory
	services, endpoints, configMaps []cache.SharedIndexInformer
	caughtUp                        []cache.InformerSynced
	refusals                        caches.Refusals
}

// newSightings returns sightings that call seen when an object was made or changed, and
// gone when one was deleted or has lost its label.
func newSightings(client kubernetes.Interface, namespace string, seen, gone func(listing)) (*sightings, error) {
	s := &sightings{}
	for _, label := range []string{LabelClaim, LabelCluster} {
		factory := s.watching(client, metav1.NamespaceAll, label)
		s.services = append(s.services, factory.Core().V1().Services().Informer())
		s.endpoints = append(s.endpoints, factory.Core().V1().Endpoints().Informer())
	}
	s.configMaps = append(s.configMaps, s.watching(client, namespace, LabelCluster).Core().V1().ConfigMaps().Informer())
	tell := func(told func(listing)) func(any) {
		return func(object any) {
			if found, ok := caches.LastKnown[*sighting](object); ok {
				told(found.key())
			}
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: tell(seen), UpdateFunc: func(_, now any) { tell(seen)(now) }, DeleteFunc: tell(gone),
	}
	return s, errors.Join(
		s.watch("Services", s.services, handler),
		s.watch("Endpoints", s.endpoints, handler),
		s.watch("ConfigMaps", s.configMaps, handler),
	)
}

// watch has informers of one kind keep no more than sightings, and tell the handler.
func (s *sightings) watch(kind string, informers []cache.SharedIndexInformer, handler cache.ResourceEventHandler) error {
	for _, informer := range informers {
		registration, err := informer.AddEventHandler(handler)
		refused := s.refusals.Of(kind, informer.HasSynced)
		if err := errors.Join(err, informer.SetTransform(sightingOf), informer.SetWatchErrorHandler(refused)); err != nil {
			return err
		}
		s.caughtUp = append(s.caughtUp, registration.HasSynced)
	}
	return nil
}

// watching returns a factory of informers of the objects that carry a label. The
// method start starts it.
func (s *sightings) watching(client kubernetes.Interface, namespace, label string) informers.SharedInformerFactory {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = label }))
	s.factories = append(s.factories, factory)
	return factory
}

func (s *sighting) key() listing {
	return listing{s.kind, types.NamespacedName{Namespace: s.Namespace, Name: s.Name}}
}

// start begins to watch, until the context ends.
func (s *sightings) start(ctx context.Context) {
	for _, factory := range s.factories {
		factory.Start(ctx.Done())
	}
}

// at returns the parts of a listing as they were seen.
func (s *sightings) at(key listing) []part {
	if key.kind == inConfigMap {
		return []part{{"the ConfigMap", lookUp(s.configMaps, key), true}}
	}
	return []part{
		{"the Service", lookUp(s.services, key), false},
		{"the Endpoints", lookUp(s.endpoints, key), true},
	}
}

func lookUp(in []cache.SharedIndexInformer, key listing) *sighting {
	for _, informer := range in {
		if found, exists, err := informer.GetStore().GetByKey(key.String()); err == nil && exists {
			return found.(*sighting)
		}
	}
	return nil
}
