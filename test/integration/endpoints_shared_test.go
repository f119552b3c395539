package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/test/bench"
)

// sharing is the parameter of classes whose volumes share Endpoints.
var sharing = map[string]string{"endpointsscope": "cluster"}

// sharedOf names the Endpoints that the volumes of heketi's first cluster share.
func sharedOf(heketi *bench.Heketi) types.NamespacedName {
	return types.NamespacedName{Namespace: ourNamespace, Name: "glusterfs-dynamic-" + heketi.Clusters()[0]}
}

// countEndpoints returns how many Services and Endpoints a namespace has, of those
// that were made by a provisioner.
func countEndpoints(ctx context.Context, namespace, label string) (services, found int, err error) {
	options := metav1.ListOptions{LabelSelector: label}
	serviceList, err := env.client.CoreV1().Services(namespace).List(ctx, options)
	if err != nil {
		return 0, 0, err
	}
	endpointsList, err := env.client.CoreV1().Endpoints(namespace).List(ctx, options)
	if err != nil {
		return 0, 0, err
	}
	return len(serviceList.Items), len(endpointsList.Items), nil
}

func waitEndpointsGone(t *testing.T, of types.NamespacedName) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, serviceErr := getService(ctx, of)
		_, endpointsErr := getEndpoints(ctx, of)
		if apierrors.IsNotFound(serviceErr) && apierrors.IsNotFound(endpointsErr) {
			return nil
		}
		return errors.Join(fmt.Errorf("%s are still there", of), serviceErr, endpointsErr)
	})
}

// TestEndpointsShared has 21 claims in three namespaces share one Service and
// Endpoints. They are kept right, and removed with the last PersistentVolume that
// names them.
func TestEndpointsShared(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "500ms")
	shared := sharedOf(heketi)
	class := newClass(t, p, heketi, sharing)
	log := requestsFromNow(t)
	var namespaces []string
	var claims []*v1.PersistentVolumeClaim
	for range 3 {
		namespace := newNamespace(t)
		namespaces = append(namespaces, namespace)
		for range 7 {
			claims = append(claims, newClaim(t, namespace, class.Name, "1Gi"))
		}
	}
	var volumes []*v1.PersistentVolume
	for _, claim := range claims {
		pv := waitBound(t, claim)
		if of := endpointsOf(pv); of != shared {
			t.Errorf("%s is mounted through %s, want %s", pv.Name, of, shared)
		}
		volumes = append(volumes, pv)
	}
	waitEndpoints(t, seconds, shared, firstHosts)
	for _, namespace := range namespaces {
		if services, found, err := countEndpoints(t.Context(), namespace, ""); services+found > 0 || err != nil {
			t.Errorf("namespace %s has %d Services and %d Endpoints, %v", namespace, services, found, err)
		}
	}
	if services, found, err := countEndpoints(t.Context(), ourNamespace, endpoints.LabelCluster+"="+heketi.Clusters()[0]); services != 1 || found != 1 || err != nil {
		t.Errorf("there are %d Services and %d Endpoints for the cluster, want one of each; %v", services, found, err)
	}

	deleteService(t, shared)
	deleteEndpoints(t, shared)
	waitEndpoints(t, seconds, shared, firstHosts)
	updateEndpoints(t, shared, func(endpoints *v1.Endpoints) { endpoints.Subsets = nil })
	waitEndpoints(t, seconds, shared, firstHosts)
	added := must[string](t)(heketi.AddNode(heketi.Clusters()[0], "192.168.10.8"))
	waitEndpoints(t, seconds, shared, append(firstHosts, "192.168.10.8"))
	if err := heketi.RemoveNode(added); err != nil {
		t.Fatal(err)
	}
	waitEndpoints(t, seconds, shared, firstHosts)
	waitNamespaceEvent(t, "EndpointsRepaired", shared.String())

	for i, claim := range claims[1:] {
		deleteClaim(t, claim)
		waitVolumeGone(t, volumes[1+i].Name)
	}
	waitEndpoints(t, seconds, shared, firstHosts)
	deleteClaim(t, claims[0])
	waitVolumeGone(t, volumes[0].Name)
	waitEndpointsGone(t, shared)
	for _, namespace := range namespaces {
		waitNothingLeft(t, heketi, namespace)
	}
	if writes := log.writes(t, "glusterfs-dynamic-"); len(writes) > 20 {
		t.Errorf("the shared Service and Endpoints were written %d times:\n%s", len(writes), list(writes))
	}
}

// TestEndpointsSharedCost counts what claims that share Endpoints cost.
func TestEndpointsSharedCost(t *testing.T) {
	const count = 20
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "500ms")
	class := newClass(t, p, heketi, sharing)
	namespace := newNamespace(t)
	log := requestsFromNow(t)
	for _, pv := range makeVolumes(t, count, namespace, class.Name) {
		deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pv.Spec.ClaimRef.Name}})
		defer waitVolumeGone(t, pv.Name)
	}
	waitJournalEmpty(t, p)
	waitNothingLeft(t, heketi, namespace)
	waitEndpointsGone(t, sharedOf(heketi))
	if writes := log.writes(t, "glusterfs-dynamic-"); len(writes) != 4 {
		t.Errorf("want two creations and two deletions for all of them, got\n%s", list(writes))
	}
	// The library deletes some PersistentVolumes twice.
	writes := slices.Compact(slices.Sorted(slices.Values(log.writes(t))))
	each := 7
	if !mountsGlusterfs(t) {
		each++ // the event that says so
	}
	if most := each*count + 4; len(writes) > most {
		t.Errorf("%d claims cost %d writes, want at most %d:\n%s", count, len(writes), most, list(writes))
	}
}

// TestEndpointsSharedByARetainedVolume stay as long as a PersistentVolume names
// them, even one that was made by hand.
func TestEndpointsSharedByARetainedVolume(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "500ms")
	shared := sharedOf(heketi)
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, sharing, retain).Name, "1Gi")
	pv := waitBound(t, claim)
	byHand := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: unique("by-hand")}, Spec: *pv.Spec.DeepCopy()}
	byHand.Spec.ClaimRef = nil
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), byHand, metav1.CreateOptions{}))

	deleteClaim(t, claim)
	waitPhase(t, pv.Name, v1.VolumeReleased)
	deleteEndpoints(t, shared)
	waitEndpoints(t, seconds, shared, firstHosts)
	log := requestsFromNow(t)
	// heketi's volume stays; the finalizer would not let the PersistentVolume go.
	deleteVolume(t, pv.Name)
	waitVolumeGone(t, pv.Name)
	waitEndpoints(t, seconds, shared, firstHosts)
	if writes := log.writes(t, shared.Name); len(writes) > 0 {
		t.Errorf("they were written:\n%s", list(writes))
	}
	deleteVolume(t, byHand.Name)
	waitEndpointsGone(t, shared)
}

// deleteVolume deletes a PersistentVolume by hand, with its finalizers.
func deleteVolume(t *testing.T, name string) {
	t.Helper()
	patch := []byte(`{"metadata":{"finalizers":null}}`)
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}))
	if err := env.client.CoreV1().PersistentVolumes().Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// TestEndpointsScopeChanges makes the class anew with another scope. Volumes that
// exist keep theirs, and those in the making get the new one.
func TestEndpointsScopeChanges(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after map[string]string
	}{
		{"claim to cluster", nil, sharing},
		{"cluster to claim", sharing, map[string]string{"endpointsscope": "claim"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			heketi := startHeketi(t, bench.HeketiOptions{})
			proxy := startProxy(t, heketi)
			p := startKeeping(t, "500ms")
			namespace := newNamespace(t)
			at := map[string]string{"resturl": proxy.URL()}
			class := newClass(t, p, nil, at, with(test.before))
			old := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))

			held := proxy.Disturb("GET", "^/queue/", bench.Hold)
			inTheMaking := newClaim(t, namespace, class.Name, "1Gi")
			bench.Eventually(t, soon, func(context.Context) error {
				select {
				case <-held.Reached():
					return nil
				default:
					return errorOf("heketi is not polled yet")
				}
			})
			deleteClass(t, class.Name)
			newClass(t, p, nil, at, with(test.after), func(anew *storagev1.StorageClass) { anew.Name = class.Name })
			// The try under way ends as it began; only the next one sees the class.
			if err := p.Kill(); err != nil {
				t.Fatal(err)
			}
			proxy.Calm()
			launch(t, p.name, "--endpoints-sync=500ms").waitLeading(t)
			changed := waitBound(t, inTheMaking)
			fresh := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))

			for _, volume := range []struct {
				pv         *v1.PersistentVolume
				parameters map[string]string
			}{{old, test.before}, {changed, test.after}, {fresh, test.after}} {
				of := endpointsOf(volume.pv)
				if shares := volume.parameters["endpointsscope"] == "cluster"; shares != (of == sharedOf(heketi)) || !shares && of.Namespace != namespace {
					t.Errorf("%s is mounted through %s", volume.pv.Name, of)
				}
				deleteService(t, of)
				waitEndpoints(t, seconds, of, firstHosts)
			}
		})
	}
}

// with sets parameters of a class.
func with(parameters map[string]string) func(*storagev1.StorageClass) {
	return func(class *storagev1.StorageClass) {
		for name, value := range parameters {
			class.Parameters[name] = value
		}
	}
}

// TestEndpointsScopeIsChecked refuses what is no scope.
func TestEndpointsScopeIsChecked(t *testing.T) {
	t.Parallel()
	p := startProvisioner(t)
	claim := newClaim(t, newNamespace(t), newClass(t, p, nil, map[string]string{"resturl": "http://127.0.0.1:1", "endpointsscope": "namespace"}).Name, "1Gi")
	waitEvent(t, claim.UID, "ProvisioningFailed", `endpointsscope "namespace"`, "claim", "cluster")
}

// sharingSteps are the steps at which volumes that share Endpoints can be stopped
// in the making, and unsharingSteps in their deletion.
var (
	sharingSteps = append(
		stepsOf(creationSteps, "after heketi accepted it", "after the volume exists", "before the PersistentVolume is saved"),
		refusedAt("before the Service", "CREATE", "services"),
		refusedAt("before the Endpoints", "CREATE", "endpoints"),
	)
	unsharingSteps = append(
		stepsOf(deletionSteps, "after the volume is gone", "before the finalizer is removed"),
		refusedAt("before the Service is deleted", "DELETE", "services"),
		refusedAt("before the Endpoints are deleted", "DELETE", "endpoints"),
	)
)

func stepsOf(all []step, names ...string) []step {
	return slices.DeleteFunc(slices.Clone(all), func(s step) bool { return !slices.Contains(names, s.name) })
}

// refusedAt is atKubernetes for what is no claim's or PersistentVolume's: only the
// log tells of it.
func refusedAt(name, operation, resource string) step {
	return step{name, func(t *testing.T, s *scene) (reached, end func()) {
		allow := refuse(t, operation, resource, s.owns)
		return func() {
			s.eventually(t, func(context.Context) error {
				if !strings.Contains(s.provisioner().Output(), refused) {
					return errorOf("nothing is refused yet")
				}
				return nil
			})
		}, allow
	}}
}

// TestFaultSharedEndpointsKilled kills the provisioner at each step of making and
// deleting volumes that share Endpoints.
func TestFaultSharedEndpointsKilled(t *testing.T) {
	t.Parallel()
	killedAt(t, sceneOptions{shares: true}, sharingSteps, unsharingSteps)
}

// killedAt plays a scene for each step of making and of deleting volumes, at which the
// provisioner is killed and started again.
func killedAt(t *testing.T, options sceneOptions, making, deleting []step) {
	play := func(t *testing.T, step step, before, then func(*scene)) {
		t.Parallel()
		s := newScene(t, options)
		before(s)
		reached, end := step.stop(t, s)
		then(s)
		reached()
		successions["restarted"](t, s, end)
		s.checkPromises(t)
		s.unclaim(t)
		s.checkPromises(t)
	}
	for _, step := range making {
		t.Run(step.name, func(t *testing.T) {
			play(t, step, func(*scene) {}, func(s *scene) { s.claim(t) })
		})
	}
	for _, step := range deleting {
		t.Run(step.name, func(t *testing.T) {
			play(t, step, func(s *scene) { s.claim(t); s.checkPromises(t) }, func(s *scene) { s.unclaim(t) })
		})
	}
}
