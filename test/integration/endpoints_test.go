package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/test/bench"
)

// seconds bounds how long a repair may take, on a machine that is busy.
const seconds = 15 * time.Second

// firstHosts are the storage hosts of heketi's first cluster at its start.
var firstHosts = []string{"192.168.10.1", "192.168.10.2", "192.168.10.3"}

// startKeeping starts a provisioner that follows heketi's nodes at that interval.
func startKeeping(t *testing.T, interval string) *provisioner {
	t.Helper()
	p := launch(t, "test.gluster.org/"+unique("p"), "--endpoints-sync="+interval)
	p.waitLeading(t)
	t.Cleanup(func() { p.endWell(t) })
	return p
}

func startProxy(t *testing.T, heketi *bench.Heketi) *bench.Proxy {
	t.Helper()
	proxy := stopAtEnd(t)(bench.StartProxy(t.Context(), heketi))
	t.Cleanup(func() { removeVolumesOf(t, proxy.URL()) })
	return proxy
}

// endpointsOf returns which Endpoints a PersistentVolume is mounted through.
func endpointsOf(pv *v1.PersistentVolume) types.NamespacedName {
	return types.NamespacedName{Namespace: *pv.Spec.Glusterfs.EndpointsNamespace, Name: pv.Spec.Glusterfs.EndpointsName}
}

func getService(ctx context.Context, of types.NamespacedName) (*v1.Service, error) {
	return env.client.CoreV1().Services(of.Namespace).Get(ctx, of.Name, metav1.GetOptions{})
}

func getEndpoints(ctx context.Context, of types.NamespacedName) (*v1.Endpoints, error) {
	return env.client.CoreV1().Endpoints(of.Namespace).Get(ctx, of.Name, metav1.GetOptions{})
}

func updateService(t *testing.T, of types.NamespacedName, change func(*v1.Service)) {
	t.Helper()
	service := must[*v1.Service](t)(getService(t.Context(), of))
	change(service)
	must[*v1.Service](t)(env.client.CoreV1().Services(of.Namespace).Update(t.Context(), service, metav1.UpdateOptions{}))
}

func updateEndpoints(t *testing.T, of types.NamespacedName, change func(*v1.Endpoints)) {
	t.Helper()
	endpoints := must[*v1.Endpoints](t)(getEndpoints(t.Context(), of))
	change(endpoints)
	must[*v1.Endpoints](t)(env.client.CoreV1().Endpoints(of.Namespace).Update(t.Context(), endpoints, metav1.UpdateOptions{}))
}

func deleteService(t *testing.T, of types.NamespacedName) {
	t.Helper()
	if err := env.client.CoreV1().Services(of.Namespace).Delete(t.Context(), of.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// deleteEndpoints deletes Endpoints; Kubernetes may have done so already when their
// Service is gone.
func deleteEndpoints(t *testing.T, of types.NamespacedName) {
	t.Helper()
	if err := env.client.CoreV1().Endpoints(of.Namespace).Delete(t.Context(), of.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// wrongEndpoints returns what is wrong with a Service and Endpoints.
func wrongEndpoints(ctx context.Context, of types.NamespacedName, hosts []string) error {
	service, serviceErr := getService(ctx, of)
	endpoints, endpointsErr := getEndpoints(ctx, of)
	if err := errors.Join(serviceErr, endpointsErr); err != nil {
		return err
	}
	if service.Spec.Type != v1.ServiceTypeClusterIP || service.Spec.ClusterIP != "None" || len(service.Spec.Selector) > 0 || service.Spec.Ports[0].Port != 1 {
		return fmt.Errorf("the Service is %+v", service.Spec)
	}
	if endpoints.Labels["endpointslice.kubernetes.io/skip-mirror"] != "true" {
		return fmt.Errorf("the Endpoints have the labels %v", endpoints.Labels)
	}
	var addresses []string
	for _, subset := range endpoints.Subsets {
		for _, address := range subset.Addresses {
			addresses = append(addresses, address.IP)
		}
	}
	if len(endpoints.Subsets) != 1 || !slices.Equal(addresses, hosts) {
		return fmt.Errorf("the Endpoints have %v, want the addresses %v", endpoints.Subsets, hosts)
	}
	return nil
}

func waitEndpoints(t *testing.T, bound time.Duration, of types.NamespacedName, hosts []string) {
	t.Helper()
	bench.Eventually(t, bound, func(ctx context.Context) error { return wrongEndpoints(ctx, of, hosts) })
}

// TestEndpointsAreRepaired deletes and changes Services and Endpoints in all ways
// that break a mount. They are right again within seconds, although heketi is not
// asked for an hour.
func TestEndpointsAreRepaired(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "1h")
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	for what, test := range map[string]struct {
		damage func(*testing.T, types.NamespacedName)
		event  string
	}{
		// Kubernetes deletes the Endpoints of a deleted Service, and fills those of a Service
		// with a selector. The provisioner tells what it sees first.
		"Service deleted":   {deleteService, "had been deleted"},
		"Endpoints deleted": {deleteEndpoints, "the Endpoints had been deleted"},
		"both deleted": {func(t *testing.T, of types.NamespacedName) {
			deleteService(t, of)
			deleteEndpoints(t, of)
		}, "had been deleted"},
		"addresses changed": {func(t *testing.T, of types.NamespacedName) {
			updateEndpoints(t, of, func(endpoints *v1.Endpoints) { endpoints.Subsets[0].Addresses[0].IP = "192.0.2.1" })
		}, "the Endpoints had been changed"},
		"Endpoints emptied": {func(t *testing.T, of types.NamespacedName) {
			updateEndpoints(t, of, func(endpoints *v1.Endpoints) { endpoints.Subsets = nil })
		}, "the Endpoints had been changed"},
		"Endpoints mirrored": {func(t *testing.T, of types.NamespacedName) {
			updateEndpoints(t, of, func(endpoints *v1.Endpoints) {
				delete(endpoints.Labels, "endpointslice.kubernetes.io/skip-mirror")
			})
		}, "the Endpoints had been changed"},
		"Service with a selector": {func(t *testing.T, of types.NamespacedName) {
			updateService(t, of, func(service *v1.Service) {
				service.Spec.Selector = map[string]string{"app": "web"}
				// With a selector, the cluster's own families count.
				single := v1.IPFamilyPolicySingleStack
				service.Spec.IPFamilyPolicy, service.Spec.IPFamilies = &single, service.Spec.IPFamilies[:1]
			})
		}, "had been changed"},
		"Service an external name": {func(t *testing.T, of types.NamespacedName) {
			updateService(t, of, func(service *v1.Service) {
				service.Spec.Type, service.Spec.ExternalName, service.Spec.ClusterIP, service.Spec.ClusterIPs = v1.ServiceTypeExternalName, "example.com", "", nil
			})
		}, "the Service had been changed"},
		"Service of another port": {func(t *testing.T, of types.NamespacedName) {
			updateService(t, of, func(service *v1.Service) { service.Spec.Ports[0].Port = 80 })
		}, "the Service had been changed"},
	} {
		t.Run(what, func(t *testing.T) {
			pv := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
			of := endpointsOf(pv)
			waitEndpoints(t, seconds, of, firstHosts)
			test.damage(t, of)
			waitEvent(t, pv.UID, "EndpointsRepaired", of.String(), test.event)
			waitEndpoints(t, seconds, of, firstHosts)
		})
	}
	if _, metrics := p.get(t, "/metrics"); strings.Contains(metrics, `endpoints_repairs_total{reason="missing"} 0`) ||
		strings.Contains(metrics, `endpoints_repairs_total{reason="changed"} 0`) || !strings.Contains(metrics, `endpoints_repairs_total{reason="followed"} 0`) {
		t.Errorf("the repairs are not counted: %s", linesWith(metrics, "endpoints_repairs"))
	}
}

func linesWith(text, part string) string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}

// TestEndpointsAreRepairedAfterAStart damages them while nobody looks.
func TestEndpointsAreRepairedAfterAStart(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "1h")
	pv := waitBound(t, newClaim(t, newNamespace(t), newClass(t, p, heketi, nil).Name, "1Gi"))
	waitJournalEmpty(t, p)
	p.endWell(t)
	of := endpointsOf(pv)
	deleteService(t, of)
	deleteEndpoints(t, of)
	launch(t, p.name, "--endpoints-sync=0").waitLeading(t)
	waitEndpoints(t, seconds, of, firstHosts)
}

// retain makes a class whose volumes stay.
func retain(class *storagev1.StorageClass) {
	policy := v1.PersistentVolumeReclaimRetain
	class.ReclaimPolicy = &policy
}

// TestEndpointsOfARetainedVolume stay when its claim goes, until the namespace goes,
// too. That is no error then, and costs nothing again and again.
func TestEndpointsOfARetainedVolume(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy := startProxy(t, heketi)
	p := startKeeping(t, "500ms")
	namespace := newNamespace(t)
	class := newClass(t, p, nil, map[string]string{"resturl": proxy.URL()}, retain)
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	deleteClaim(t, claim)
	waitClaimGone(t, claim)
	waitPhase(t, pv.Name, v1.VolumeReleased)
	deleteService(t, endpointsOf(pv))
	waitEvent(t, pv.UID, "EndpointsRepaired")
	waitEndpoints(t, seconds, endpointsOf(pv), firstHosts)

	if err := env.client.CoreV1().Namespaces().Delete(t.Context(), namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := env.client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errorOf("the namespace is still there"), err)
	})
	// Once it has found out, it does not try again, however often it follows.
	waitSyncs(t, proxy, 4)
	log := requestsFromNow(t)
	waitSyncs(t, proxy, 6)
	if writes := log.writes(t, namespace); len(writes) > 0 {
		t.Errorf("in a namespace that is gone it tried:\n%s", list(writes))
	}
	if strings.Contains(p.Output(), "Endpoints cannot be kept") {
		t.Error("a namespace that is gone was taken for an error")
	}
}

func waitPhase(t *testing.T, name string, want v1.PersistentVolumePhase) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		pv, err := env.client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
		if err == nil && pv.Status.Phase != want {
			err = fmt.Errorf("PersistentVolume %s is %s, want %s", name, pv.Status.Phase, want)
		}
		return err
	})
}

// waitSyncs waits until heketi was asked for a volume a number of times.
func waitSyncs(t *testing.T, proxy *bench.Proxy, count int) {
	t.Helper()
	asked := proxy.Disturb("GET", "^/volumes/", bench.PassOn)
	defer proxy.Calm()
	bench.Eventually(t, soon, func(context.Context) error {
		if seen := asked.Seen(); seen < count {
			return fmt.Errorf("heketi was asked %d times, want %d", seen, count)
		}
		return nil
	})
}

// TestEndpointsNotOursAreLeftAlone finds somebody else's Service in the place of a
// volume's.
func TestEndpointsNotOursAreLeftAlone(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy := startProxy(t, heketi)
	p := startKeeping(t, "500ms")
	pv := waitBound(t, newClaim(t, newNamespace(t), newClass(t, p, nil, map[string]string{"resturl": proxy.URL()}).Name, "1Gi"))
	of := endpointsOf(pv)
	updateService(t, of, func(service *v1.Service) { service.Labels = map[string]string{"app": "web"} })
	waitEvent(t, pv.UID, "EndpointsNotOurs", of.String(), "gluster.kubernetes.io/provisioned-for-pvc", "rename or delete it")
	before := must[*v1.Service](t)(getService(t.Context(), of))
	log := requestsFromNow(t)
	waitSyncs(t, proxy, 8)
	if writes := log.writes(t, of.Name); len(writes) > 2 {
		t.Errorf("it tried hotly:\n%s", list(writes))
	}
	if after := must[*v1.Service](t)(getService(t.Context(), of)); after.ResourceVersion != before.ResourceVersion {
		t.Errorf("the Service was touched: %+v", after)
	}
	// With its label, it is the volume's again.
	updateService(t, of, func(service *v1.Service) {
		service.Labels = map[string]string{"gluster.kubernetes.io/provisioned-for-pvc": pv.Spec.ClaimRef.Name}
	})
	deleteService(t, of)
	waitEndpoints(t, seconds, of, firstHosts)
}
