package integration

import (
	"path/filepath"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestRestoredVolumesAreKept restores PersistentVolumes of the policy Delete with the UIDs of
// claims that are gone, so that Kubernetes releases them.
func TestRestoredVolumesAreKept(t *testing.T) {
	for what, test := range map[string]struct {
		// elsewhere says that the backup is of another cluster, and the provisioner is
		// started after it is restored.
		elsewhere bool
		said      string
	}{
		"of the same cluster": {false, "made from a copy"},
		"of another cluster":  {true, "another Kubernetes cluster"},
	} {
		t.Run(what, func(t *testing.T) {
			heketi := startHeketi(t, bench.HeketiOptions{})
			p := launch(t, "test.gluster.org/"+unique("p"))
			p.waitLeading(t)
			namespace := newNamespace(t)
			class := newClass(t, p, heketi, nil)
			claim := newClaim(t, namespace, class.Name, "1Gi")
			pv := waitBound(t, claim)
			waitJournalEmpty(t, p)
			mustType(t, p, "disaster.md", typedVolumesBackup, "get pv", "get pv "+pv.Name)
			if test.elsewhere {
				p.endWell(t)
				asOfAnotherCluster(t, "volumes.yaml")
			}
			loseAll(t, pv)
			must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "-f", filepath.Join(desk(t), "volumes.yaml")))
			waitPhase(t, pv.Name, v1.VolumeReleased)
			if test.elsewhere {
				p = launch(t, p.name)
				p.waitLeading(t)
			}
			stays(t, heketi, pv, test.said, "kubectl annotate pv "+pv.Name+" --overwrite gluster.org/kubernetes="+clusterUID(t))

			p.endWell(t)
			p = launch(t, p.name)
			p.waitLeading(t)
			waitSaid(t, p, "the volume is kept")
			stays(t, heketi, pv, test.said)

			mustType(t, p, "disaster.md", `kubectl patch pv pvc-cff15b42-70d4-4125-875c-d2171926e4a2 --type=json -p '[{"op": "remove", "path": "/spec/claimRef/uid"}]'`,
				"pvc-cff15b42-70d4-4125-875c-d2171926e4a2", pv.Name)
			again := newClaim(t, namespace, class.Name, "1Gi", func(again *v1.PersistentVolumeClaim) { again.Name = claim.Name })
			if bound := waitBound(t, again); bound.Name != pv.Name {
				t.Fatalf("the claim is bound to %s, not to %s", bound.Name, pv.Name)
			}
			deleteClaim(t, again)
			stays(t, heketi, pv, test.said)
			mustType(t, p, "disaster.md", typedOwn)
			waitVolumeGone(t, pv.Name)
			p.endWell(t)
		})
	}
}

// TestVeleroVolumes has a PersistentVolume as Velero leaves it: without the UID of its claim, and
// without the annotation that says whose it is.
func TestVeleroVolumes(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil, growable, retain)
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	waitJournalEmpty(t, p)
	loseAll(t, pv)
	restored := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: pv.Name, Annotations: pv.Annotations}, Spec: pv.Spec}
	delete(restored.Annotations, volume.ProvisionedBy)
	restored.Annotations[volume.AnnotationKubernetes] = otherCluster
	restored.Spec.ClaimRef = &v1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: namespace, Name: claim.Name}
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), restored, metav1.CreateOptions{}))
	again := newClaim(t, namespace, class.Name, "1Gi", func(again *v1.PersistentVolumeClaim) { again.Name = claim.Name })
	if bound := waitBound(t, again); bound.Name != pv.Name {
		t.Fatalf("the claim is bound to %s, not to %s", bound.Name, pv.Name)
	}
	mustType(t, p, "disaster.md", `kubectl get pv --no-headers -o custom-columns='NAME:.metadata.name,HEKETI:.metadata.annotations.gluster\.org/heketi-url,BY:.metadata.annotations.pv\.kubernetes\.io/provisioned-by' | awk '$2 != "<none>" && $3 == "<none>" {print $1}' | xargs -I{} kubectl annotate pv {} pv.kubernetes.io/provisioned-by=gluster.org/glusterfs`)
	mustRequest(t, again, "2Gi")
	waitSize(t, heketi, again, 2)
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	removeRetained(t, namespace, pv)
	if _, kept := volumesIn(t, heketi)[volume.PathOf(pv)]; !kept {
		t.Error("its volume is gone")
	}
}
