package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// inTree is the in-tree plugin's name in classes.
const inTree = "kubernetes.io/glusterfs"

// TestClassIsMoved changes one line of a class of the in-tree plugin, of which there are
// volumes. They stay the plugin's, and their GIDs theirs, until they are taken over.
func TestClassIsMoved(t *testing.T) {
	if newerThan(t, "1.26") {
		t.Skip("this version of Kubernetes has no in-tree plugin")
	}
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", inTree, map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, withSecret(secret), with(map[string]string{"gidMin": "43000", "gidMax": "43002"}), growable, func(class *storagev1.StorageClass) {
		class.Provisioner = inTree
	})
	stays, isTakenOver := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	theirs, takenOver := waitBound(t, stays), waitBound(t, isTakenOver)

	moveClass(t, class.Name, p.name)
	ours := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
	waits := newClaim(t, namespace, class.Name, "1Gi")
	waitEvent(t, waits.UID, "43000-43002", "all 3 are held")
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}

	takeOver(t, volume.Glusterfs, takenOver.Name)
	s := &scene{replicas: []*provisioner{p}}
	s.waitConverted(t, []string{takenOver.Name}, volume.Glusterfs)
	p.endWell(t) // Kubernetes' own expander shall meet the raised request alone.
	mustRequest(t, isTakenOver, "3Gi")
	waitEvent(t, isTakenOver.UID, "VolumeResizeFailed", "failed to get volume info")
	p = launch(t, p.name)
	p.waitLeading(t)
	waitSize(t, heketi, isTakenOver, 3)

	deleteClaim(t, stays)
	waitVolumeGone(t, theirs.Name)
	deleteClaim(t, isTakenOver)
	waitVolumeGone(t, takenOver.Name)
	next := waitBound(t, waits)
	if gid := next.Annotations[volume.AnnotationGID]; gid != takenOver.Annotations[volume.AnnotationGID] {
		t.Errorf("the next GID is %s, want that of the volume which was taken over and deleted", gid)
	}
	for _, pv := range []*v1.PersistentVolume{ours, next} {
		deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pv.Spec.ClaimRef.Name}})
		waitVolumeGone(t, pv.Name)
	}
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// moveClass makes a class again with another provisioner.
func moveClass(t *testing.T, name, provisioner string) {
	t.Helper()
	typeGuide(t, `kubectl get storageclass slow -o yaml | sed 's#kubernetes.io/glusterfs#gluster.org/glusterfs#' | kubectl replace --force -f -`,
		"slow", name, "gluster.org/glusterfs", provisioner)
}

// takeOver has volumes of predecessors be taken over as docs/moving.md has it.
func takeOver(t *testing.T, to volume.Source, volumes ...string) {
	t.Helper()
	for _, name := range volumes {
		typeGuide(t, "kubectl annotate pv pvc-... gluster.org/convert-to=csi", "pvc-...", name, "=csi", "="+string(to))
	}
}

// typeGuide runs a command as docs/moving.md has it, with words of it replaced.
func typeGuide(t *testing.T, command string, replaced ...string) string {
	t.Helper()
	if guide := must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "docs", "moving.md"))); !strings.Contains(string(guide), "$ "+command+"\n") {
		t.Fatalf("docs/moving.md does not tell to run %q", command)
	}
	return string(must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", strings.NewReplacer(replaced...).Replace(command))))
}

// TestLeftoversAreTakenOver takes over what the in-tree plugin left in a cluster that has
// none any more: volumes in use, and one that nobody could delete.
func TestLeftoversAreTakenOver(t *testing.T) {
	if !newerThan(t, "1.26") {
		t.Skip("this version of Kubernetes has the in-tree plugin")
	}
	installDriver(t)
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"), "--endpoints-sync=500ms")
	p.waitLeading(t)
	s := &scene{replicas: []*provisioner{p}}
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", inTree, map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, withSecret(secret), growable)
	stays, becomes, released := leftover(t, heketi, namespace, class.Name), leftover(t, heketi, namespace, class.Name), leftover(t, heketi, namespace, class.Name)
	deleteClaim(t, released)
	waitPhase(t, released.Spec.VolumeName, v1.VolumeFailed)
	gid := getVolume(t, becomes.Spec.VolumeName).Annotations[volume.AnnotationGID]

	status, output := runConvert(t, p, "--to=csi", "--dry-run", "--all")
	if status != 1 || !containsAll(output, []string{stays.Spec.VolumeName, "it would be converted", released.Spec.VolumeName, "its volume is deleted; name it to have that done"}) {
		t.Errorf("the dry run ended with %d:\n%s", status, output)
	}
	takeOver(t, volume.Glusterfs, stays.Spec.VolumeName, released.Spec.VolumeName)
	if status, output := runConvert(t, p, "--to=csi", becomes.Spec.VolumeName); status != 0 || !strings.Contains(output, "the leader is asked to convert it") {
		t.Errorf("the command ended with %d:\n%s", status, output)
	}
	waitVolumeGone(t, released.Spec.VolumeName)
	s.waitConverted(t, []string{stays.Spec.VolumeName}, volume.Glusterfs)
	s.waitConverted(t, []string{becomes.Spec.VolumeName}, volume.CSI)
	waitEvent(t, becomes.UID, "VolumeConverted", "its source was glusterfs, and is csi now", "it was taken over from kubernetes.io/glusterfs")
	if status, output := runConvert(t, p, "--to=csi", becomes.Spec.VolumeName); status != 0 || !strings.Contains(output, "it is that already") {
		t.Errorf("the command, once more, ended with %d:\n%s", status, output)
	}
	expectEndpoints(t, namespace, 1)
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	if now := getVolume(t, becomes.Spec.VolumeName); now.Annotations[volume.AnnotationGID] != gid {
		t.Errorf("it has GID %s, and had %s", now.Annotations[volume.AnnotationGID], gid)
	}
	of := endpointsOf(waitBound(t, stays))
	deleteService(t, of)
	waitEndpoints(t, seconds, of, firstHosts)
	for _, claim := range []*v1.PersistentVolumeClaim{stays, becomes} {
		mustRequest(t, claim, "3Gi")
		waitSize(t, heketi, claim, 3)
		deleteClaim(t, claim)
		waitVolumeGone(t, claim.Spec.VolumeName)
	}
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// runConvert runs the command for the provisioner's name.
func runConvert(t *testing.T, p *provisioner, flags ...string) (status int, output string) {
	t.Helper()
	log := filepath.Join(env.logs, unique("convert")+".log")
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: env.binary, Log: log,
		Args: append([]string{"convert", "--kubeconfig=" + env.kubeconfig, "--namespace=" + ourNamespace, "--provisioner-name=" + p.name, "--v=0"}, flags...),
	})
	if err != nil {
		t.Fatal(err)
	}
	status = exitOf(t, &provisioner{Process: process, name: p.name})
	return status, process.Output()
}

// leftover makes a claim with a volume, and all objects as the in-tree plugin wrote them.
func leftover(t *testing.T, heketi *bench.Heketi, namespace, class string) *v1.PersistentVolumeClaim {
	t.Helper()
	request := &api.VolumeCreateRequest{Size: 1, Gid: 40000 + serial.Add(1)}
	request.Durability.Type = api.DurabilityReplicate
	request.Durability.Replicate.Replica = 3
	made := must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(request))
	claim := newClaim(t, namespace, class, "1Gi", func(claim *v1.PersistentVolumeClaim) { claim.Spec.VolumeName = unique("leftover") })
	fill := strings.NewReplacer(
		"name: pvc-UID", "name: "+claim.Spec.VolumeName, "UID", string(claim.UID), "VOLUME_ID", made.Id,
		"default", namespace, "myclaim", claim.Name, "slow", class, "CLUSTER_IP", `""`,
		`"40000"`, fmt.Sprintf("%q", fmt.Sprint(made.Gid)),
	)
	var pv v1.PersistentVolume
	var endpoints v1.Endpoints
	var service v1.Service
	for text, object := range map[string]any{inTreeVolume: &pv, inTreeEndpoints: &endpoints, inTreeService: &service} {
		if err := yaml.UnmarshalStrict([]byte(fill.Replace(text)), object); err != nil {
			t.Fatal(err)
		}
	}
	core := env.client.CoreV1()
	must[*v1.Service](t)(core.Services(namespace).Create(t.Context(), &service, metav1.CreateOptions{}))
	must[*v1.Endpoints](t)(core.Endpoints(namespace).Create(t.Context(), &endpoints, metav1.CreateOptions{}))
	must[*v1.PersistentVolume](t)(core.PersistentVolumes().Create(t.Context(), &pv, metav1.CreateOptions{}))
	waitBound(t, claim)
	return claim
}

// TestFormerVolumesAreTakenOver takes over what gluster.org/glusterfile made: it has written
// onto its PersistentVolumes how to reach heketi, mount options in an annotation, and
// Endpoints with a label of its own.
func TestFormerVolumesAreTakenOver(t *testing.T) {
	installDriver(t)
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"), "--endpoints-sync=500ms")
	p.waitLeading(t)
	s := &scene{replicas: []*provisioner{p}}
	namespace := newNamespace(t)
	newSecret(t, namespace, "heketi", "gluster.org/glusterfile", map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, nil, map[string]string{"resturl": "http://another.example.com"}, growable)
	stays, becomes := former(t, heketi, namespace, class.Name), former(t, heketi, namespace, class.Name)
	convert(t, []string{stays.Spec.VolumeName}, volume.Glusterfs)
	convert(t, []string{becomes.Spec.VolumeName}, volume.CSI)
	s.waitConverted(t, []string{stays.Spec.VolumeName}, volume.Glusterfs)
	s.waitConverted(t, []string{becomes.Spec.VolumeName}, volume.CSI)
	pv := getVolume(t, becomes.Spec.VolumeName)
	if _, found := pv.Annotations[v1.MountOptionAnnotation]; found || len(pv.Spec.MountOptions) != 1 || pv.Spec.MountOptions[0] != "auto_unmount" {
		t.Errorf("it has mount options %v, and annotations %v", pv.Spec.MountOptions, pv.Annotations)
	}
	system := must[*v1.Namespace](t)(env.client.CoreV1().Namespaces().Get(t.Context(), metav1.NamespaceSystem, metav1.GetOptions{}))
	if owner := pv.Annotations[volume.AnnotationKubernetes]; owner != string(system.UID) {
		t.Errorf("it says that cluster %q made it, want %q", owner, system.UID)
	}
	expectEndpoints(t, namespace, 1)
	of := endpointsOf(waitBound(t, stays))
	deleteService(t, of)
	waitEndpoints(t, seconds, of, firstHosts)
	for _, claim := range []*v1.PersistentVolumeClaim{stays, becomes} {
		mustRequest(t, claim, "3Gi")
		waitSize(t, heketi, claim, 3)
		deleteClaim(t, claim)
		waitVolumeGone(t, claim.Spec.VolumeName)
	}
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// former makes a claim with a volume, and all objects as gluster.org/glusterfile wrote them.
func former(t *testing.T, heketi *bench.Heketi, namespace, class string) *v1.PersistentVolumeClaim {
	t.Helper()
	request := &api.VolumeCreateRequest{Size: 1, Gid: 30000 + serial.Add(1)}
	request.Durability.Type = api.DurabilityReplicate
	request.Durability.Replicate.Replica = 3
	made := must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(request))
	claim := newClaim(t, namespace, class, "1Gi", func(claim *v1.PersistentVolumeClaim) { claim.Spec.VolumeName = unique("former") })
	meta := metav1.ObjectMeta{Name: "glusterfile-dynamic-" + claim.Name, Labels: map[string]string{"gluster.org/provisioned-for-pvc": claim.Name}}
	ports := []v1.ServicePort{{Protocol: v1.ProtocolTCP, Port: 1}}
	endpoints := &v1.Endpoints{ObjectMeta: meta, Subsets: []v1.EndpointSubset{{
		Addresses: []v1.EndpointAddress{{IP: firstHosts[0]}}, Ports: []v1.EndpointPort{{Protocol: v1.ProtocolTCP, Port: 1}},
	}}}
	pv := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: claim.Spec.VolumeName, Annotations: map[string]string{
			volume.AnnotationGID: fmt.Sprint(made.Gid), "gluster.org/type": "file", "Description": "Gluster-external: Dynamically provisioned PV",
			volume.AnnotationVolumeID: made.Id, v1.MountOptionAnnotation: "auto_unmount", volume.ProvisionedBy: volume.Former,
			"server": "url:" + heketi.URL() + ",user:admin,secret:heketi,secretnamespace:" + namespace,
		}},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete, AccessModes: claim.Spec.AccessModes,
			Capacity: claim.Spec.Resources.Requests, StorageClassName: class,
			ClaimRef:               &v1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource: v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{EndpointsName: meta.Name, Path: made.Name}},
		},
	}
	core := env.client.CoreV1()
	must[*v1.Service](t)(core.Services(namespace).Create(t.Context(), &v1.Service{ObjectMeta: meta, Spec: v1.ServiceSpec{Ports: ports}}, metav1.CreateOptions{}))
	must[*v1.Endpoints](t)(core.Endpoints(namespace).Create(t.Context(), endpoints, metav1.CreateOptions{}))
	must[*v1.PersistentVolume](t)(core.PersistentVolumes().Create(t.Context(), pv, metav1.CreateOptions{}))
	waitBound(t, claim)
	return claim
}
