package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestVolumesAtRestCostNothing starts a provisioner for 1,000 volumes, and lets one
// more grow, by which it has seen all of the others. It neither reads nor writes
// anything of those.
func TestVolumesAtRestCostNothing(t *testing.T) {
	const count = 1000
	heketi := startHeketi(t, bench.HeketiOptions{})
	stopped := &provisioner{name: "test.gluster.org/" + unique("p")}
	namespace := newNamespace(t)
	class := newClass(t, stopped, heketi, nil, growable)
	bindAtRest(t, stopped, namespace, class, count)

	// The audit would report each of them lost, since this heketi never had them.
	p := launch(t, stopped.name, "--audit-interval=0")
	p.waitLeading(t)
	claim := newClaim(t, namespace, class.Name, "1Gi")
	waitBound(t, claim)
	mustRequest(t, claim, "2Gi")
	waitSize(t, heketi, claim, 2)
	p.endWell(t)
	if asked := requestsAbout(t, "at-rest-"+namespace); len(asked) > 0 {
		t.Errorf("%d requests, such as %s", len(asked), asked[0])
	}
}

// bindAtRest makes that many claims that are bound to volumes of their size, as the
// provisioner has left them.
func bindAtRest(t *testing.T, p *provisioner, namespace string, class *storagev1.StorageClass, count int) {
	t.Helper()
	var making errgroup.Group
	making.SetLimit(20)
	for i := range count {
		making.Go(func() error {
			name := fmt.Sprintf("at-rest-%s-%d", namespace, i)
			claim := claimOf(namespace, class.Name, "1Gi")
			claim.Name, claim.Spec.VolumeName = name, name
			claim, err := env.client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim, metav1.CreateOptions{})
			if err != nil {
				return err
			}
			pv := volume.Build(name, volume.Made{
				Heketi: volume.Heketi{URL: class.Parameters["resturl"]}, ID: fmt.Sprint(i), Cluster: "c1", Name: name, SizeGiB: 1,
				EndpointsNamespace: namespace, EndpointsName: name,
			}, claim, class)
			delete(pv.Annotations, volume.AnnotationGID)
			pv.Annotations[volume.ProvisionedBy] = p.name
			pv.Labels = map[string]string{"at-rest": namespace}
			pv.Spec.StorageClassName = class.Name
			pv.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimRetain
			pv.Spec.ClaimRef = &v1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: namespace, Name: name, UID: claim.UID}
			_, err = env.client.CoreV1().PersistentVolumes().Create(t.Context(), pv, metav1.CreateOptions{})
			return err
		})
	}
	t.Cleanup(func() {
		// Other tests' provisioners would see them, too.
		ctx := context.Background()
		err := env.client.CoreV1().PersistentVolumeClaims(namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
		if err == nil {
			err = env.client.CoreV1().PersistentVolumes().DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "at-rest=" + namespace})
		}
		if err != nil {
			t.Error(err)
		}
	})
	if err := making.Wait(); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, recovery, func(ctx context.Context) error {
		claims, err := env.client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(claims.Items, func(claim v1.PersistentVolumeClaim) bool { return claim.Status.Phase != v1.ClaimBound })
		if i >= 0 {
			return fmt.Errorf("claim %s is %s", claims.Items[i].Name, claims.Items[i].Status.Phase)
		}
		return nil
	})
}

// requestsAbout returns what the provisioner has asked the API server about objects
// whose names begin so.
func requestsAbout(t *testing.T, prefix string) []string {
	t.Helper()
	file, err := os.Open(auditLog().Path())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var asked []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Verb, RequestURI string
			ObjectRef        struct{ Name string }
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(event.ObjectRef.Name, prefix) {
			asked = append(asked, event.Verb+" "+event.RequestURI)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return asked
}
