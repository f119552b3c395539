package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// makeVolumes makes a number of claims and returns their PersistentVolumes.
func makeVolumes(t *testing.T, count int, namespace, class string) []*v1.PersistentVolume {
	t.Helper()
	var claims []*v1.PersistentVolumeClaim
	for range count {
		claims = append(claims, newClaim(t, namespace, class, "1Gi"))
	}
	var volumes []*v1.PersistentVolume
	for _, claim := range claims {
		volumes = append(volumes, waitBound(t, claim))
	}
	return volumes
}

// TestEndpointsFollowHeketi adds, replaces and removes a node of one of two clusters.
// The Endpoints of that cluster's volumes follow, and no others are written, from
// one answer per cluster and interval.
func TestEndpointsFollowHeketi(t *testing.T) {
	const count = 12
	const interval = 2 * time.Second
	heketi := startHeketi(t, bench.HeketiOptions{Clusters: 2})
	proxy := startProxy(t, heketi)
	p := startKeeping(t, interval.String())
	namespace := newNamespace(t)
	var of [2][]*v1.PersistentVolume
	for i, cluster := range heketi.Clusters() {
		class := newClass(t, p, nil, map[string]string{"resturl": proxy.URL(), "clusterid": cluster})
		of[i] = makeVolumes(t, count, namespace, class.Name)
	}
	waitJournalEmpty(t, p)

	asked, from, log := proxy.Disturb("GET", "^/volumes/", bench.PassOn), time.Now(), requestsFromNow(t)
	changes := 0
	follow := func(hosts ...string) {
		t.Helper()
		for _, pv := range of[0] {
			waitEndpoints(t, soon, endpointsOf(pv), hosts)
		}
		for _, pv := range of[1] {
			if err := wrongEndpoints(t.Context(), endpointsOf(pv), []string{"192.168.11.1", "192.168.11.2", "192.168.11.3"}); err != nil {
				t.Error(err)
			}
		}
		changes++
	}
	first := must[string](t)(heketi.AddNode(heketi.Clusters()[0], "192.168.10.8"))
	follow(append(firstHosts, "192.168.10.8")...)
	second := must[string](t)(heketi.AddNode(heketi.Clusters()[0], "192.168.10.9"))
	if err := heketi.RemoveNode(first); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		return wrongEndpoints(ctx, endpointsOf(of[0][0]), append(firstHosts, "192.168.10.9"))
	})
	follow(append(firstHosts, "192.168.10.9")...)
	if err := heketi.RemoveNode(second); err != nil {
		t.Fatal(err)
	}
	follow(firstHosts...)

	for _, pv := range of[1] {
		if writes := log.writes(t, endpointsOf(pv).String()); len(writes) > 0 {
			t.Errorf("Endpoints of the other cluster were written:\n%s", list(writes))
		}
	}
	// One interval may have begun before, and the replacement may be seen in two
	// steps.
	if seen, most := asked.Seen(), 2*(int(time.Since(from)/interval)+1); seen > most {
		t.Errorf("heketi was asked %d times in %v, want at most %d for 2 clusters", seen, time.Since(from), most)
	}
	if updates := log.writes(t, "update endpoints"); len(updates) < changes*count || len(updates) > (changes+1)*count {
		t.Errorf("Endpoints were updated %d times, want %d for %d changes", len(updates), changes*count, changes)
	}
	waitNamespaceEvent(t, "StorageHostsChanged", heketi.Clusters()[0], "192.168.10.9")
}

// waitNamespaceEvent waits for an event on the provisioner's namespace that has all
// the texts.
func waitNamespaceEvent(t *testing.T, texts ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		list, err := env.client.CoreV1().Events(ourNamespace).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.kind=Namespace"})
		if err != nil {
			return err
		}
		for _, event := range list.Items {
			if containsAll(event.Reason+": "+event.Message, texts) {
				return nil
			}
		}
		return fmt.Errorf("no event with %q on the namespace", texts)
	})
}

// TestEndpointsAreNeverEmptied lets heketi be away, fail, and answer rubbish. The
// Endpoints stay as they are, and are made again if somebody deletes them meanwhile.
func TestEndpointsAreNeverEmptied(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy := startProxy(t, heketi)
	p := startKeeping(t, "300ms")
	pv := makeVolumes(t, 1, newNamespace(t), newClass(t, p, nil, map[string]string{"resturl": proxy.URL()}).Name)[0]
	of := endpointsOf(pv)
	answer := func(change func(info map[string]any)) bench.Action {
		info := map[string]any{
			"id": pv.Annotations[volume.AnnotationVolumeID], "cluster": pv.Annotations[volume.AnnotationClusterID], "name": pv.Spec.Glusterfs.Path,
			"mount": map[string]any{"glusterfs": map[string]any{"hosts": []string{"192.0.2.1"}}},
		}
		change(info)
		return bench.Answer(http.StatusOK, string(must[[]byte](t)(json.Marshal(info))))
	}
	waitEndpoints(t, seconds, of, firstHosts)
	waitSyncs(t, proxy, 2)
	before := must[*v1.Endpoints](t)(getEndpoints(t.Context(), of))

	for what, action := range map[string]bench.Action{
		"no connection":  bench.Cut,
		"500":            bench.Answer(http.StatusInternalServerError, "bolt: database not open"),
		"unknown volume": bench.Answer(http.StatusNotFound, "Id not found"),
		"no JSON":        bench.Answer(http.StatusOK, "<html>welcome</html>"),
		"empty":          bench.Answer(http.StatusOK, "{}"),
		"no hosts":       answer(func(info map[string]any) { info["mount"] = nil }),
		"empty host": answer(func(info map[string]any) {
			info["mount"] = map[string]any{"glusterfs": map[string]any{"hosts": []string{""}}}
		}),
		"host without address": answer(func(info map[string]any) {
			info["mount"] = map[string]any{"glusterfs": map[string]any{"hosts": []string{"gluster.invalid"}}}
		}),
		"of another volume":  answer(func(info map[string]any) { info["id"] = "0123456789abcdef0123456789abcdef" }),
		"of another cluster": answer(func(info map[string]any) { info["cluster"] = "0123456789abcdef0123456789abcdef" }),
	} {
		t.Run(what, func(t *testing.T) {
			disturbed := proxy.Disturb("GET", "^/volumes/", action)
			waitUnread(t, p, 1)
			asked := disturbed.Seen()
			bench.Eventually(t, soon, func(context.Context) error {
				if seen := disturbed.Seen(); seen < asked+2 {
					return fmt.Errorf("heketi was asked %d times", seen)
				}
				return nil
			})
			if after := must[*v1.Endpoints](t)(getEndpoints(t.Context(), of)); after.ResourceVersion != before.ResourceVersion {
				t.Fatalf("the Endpoints have changed: %+v", after.Subsets)
			}
			proxy.Calm()
			waitUnread(t, p, 0)
		})
	}
	waitNamespaceEvent(t, "StorageHostsUnknown", pv.Annotations[volume.AnnotationClusterID], "stay as they are")

	if err := proxy.Down(); err != nil {
		t.Fatal(err)
	}
	waitUnread(t, p, 1)
	deleteService(t, of)
	deleteEndpoints(t, of)
	waitEndpoints(t, seconds, of, firstHosts)
	if err := proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// waitUnread waits until the metrics say for how many clusters heketi did not tell
// the storage hosts.
func waitUnread(t *testing.T, p *provisioner, clusters int) {
	t.Helper()
	want := fmt.Sprintf("glusterfs_provisioner_storage_hosts_unread_clusters %d\n", clusters)
	bench.Eventually(t, soon, func(context.Context) error {
		if _, metrics := p.get(t, "/metrics"); !strings.Contains(metrics, want) {
			return fmt.Errorf("want %s, got %s", want, linesWith(metrics, "unread_clusters"))
		}
		return nil
	})
}

// TestEndpointsAtRest follows heketi many times while nothing changes, and writes
// nothing.
func TestEndpointsAtRest(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy := startProxy(t, heketi)
	p := startKeeping(t, "500ms")
	namespace := newNamespace(t)
	makeVolumes(t, 20, namespace, newClass(t, p, nil, map[string]string{"resturl": proxy.URL()}).Name)
	makeVolumes(t, 20, namespace, newClass(t, p, nil, map[string]string{"resturl": proxy.URL(), "endpointsscope": "cluster"}).Name)
	waitJournalEmpty(t, p)
	waitSyncs(t, proxy, 2)
	bench.Eventually(t, soon, func(context.Context) error { // until the last event is written
		log := requestsFromNow(t)
		waitSyncs(t, proxy, 2)
		if writes := log.writes(t); len(writes) > 0 {
			return fmt.Errorf("it still writes:\n%s", list(writes))
		}
		return nil
	})
	log := requestsFromNow(t)
	waitSyncs(t, proxy, 12) // longer than the Endpoints of a new volume may settle
	if writes := log.writes(t); len(writes) > 0 {
		t.Errorf("at rest it wrote:\n%s", list(writes))
	}
}

// TestEndpointsOfTheInTreePlugin are not touched, whoever changes or deletes them.
func TestEndpointsOfTheInTreePlugin(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "300ms")
	namespace := newNamespace(t)
	ours := makeVolumes(t, 1, namespace, newClass(t, p, heketi, nil).Name)[0]
	theirs := types.NamespacedName{Namespace: namespace, Name: "glusterfs-dynamic-cff15b42-70d4-4125-875c-d2171926e4a2"}
	makeInTreeVolume(t, theirs, ours)
	updateEndpoints(t, theirs, func(endpoints *v1.Endpoints) { endpoints.Subsets[0].Addresses[0].IP = "192.0.2.1" })
	before := must[*v1.Endpoints](t)(getEndpoints(t.Context(), theirs))
	log := requestsFromNow(t)
	followed := must[string](t)(heketi.AddNode(heketi.Clusters()[0], "192.168.10.8"))
	waitEndpoints(t, seconds, endpointsOf(ours), append(firstHosts, "192.168.10.8"))
	if after := must[*v1.Endpoints](t)(getEndpoints(t.Context(), theirs)); after.ResourceVersion != before.ResourceVersion {
		t.Errorf("the Endpoints of the in-tree plugin were touched: %+v", after)
	}
	deleteService(t, theirs)
	deleteEndpoints(t, theirs)
	if err := heketi.RemoveNode(followed); err != nil {
		t.Fatal(err)
	}
	waitEndpoints(t, seconds, endpointsOf(ours), firstHosts)
	if writes := log.writes(t, theirs.Name); len(writes) > 0 {
		t.Errorf("the in-tree plugin's were written:\n%s", list(writes))
	}
}

// makeInTreeVolume makes what the in-tree plugin made, but for the reclaim policy,
// so that nobody deletes it. It even says that it is the volume of another.
func makeInTreeVolume(t *testing.T, of types.NamespacedName, like *v1.PersistentVolume) {
	t.Helper()
	labels := map[string]string{"gluster.kubernetes.io/provisioned-for-pvc": "myclaim"}
	meta := metav1.ObjectMeta{Namespace: of.Namespace, Name: of.Name, Labels: labels}
	ports := []v1.ServicePort{{Port: 1, Protocol: v1.ProtocolTCP}}
	must[*v1.Service](t)(env.client.CoreV1().Services(of.Namespace).Create(t.Context(), &v1.Service{ObjectMeta: meta, Spec: v1.ServiceSpec{Ports: ports}}, metav1.CreateOptions{}))
	subset := v1.EndpointSubset{Addresses: []v1.EndpointAddress{{IP: "192.168.10.1"}}, Ports: []v1.EndpointPort{{Port: 1, Protocol: v1.ProtocolTCP}}}
	must[*v1.Endpoints](t)(env.client.CoreV1().Endpoints(of.Namespace).Create(t.Context(), &v1.Endpoints{ObjectMeta: meta, Subsets: []v1.EndpointSubset{subset}}, metav1.CreateOptions{}))
	pv := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: unique("in-tree"), Annotations: map[string]string{}},
		Spec: v1.PersistentVolumeSpec{
			Capacity:                      v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")},
			AccessModes:                   []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimRetain,
			PersistentVolumeSource:        v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{EndpointsName: of.Name, EndpointsNamespace: &of.Namespace, Path: "vol_1"}},
		},
	}
	for key, value := range like.Annotations {
		pv.Annotations[key] = value
	}
	pv.Annotations[volume.ProvisionedBy] = "kubernetes.io/glusterfs"
	made := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), pv, metav1.CreateOptions{}))
	t.Cleanup(func() {
		_ = env.client.CoreV1().PersistentVolumes().Delete(context.Background(), made.Name, metav1.DeleteOptions{})
	})
}
