package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestVolumesAreConverted converts PersistentVolumes to csi and back, and compares the whole
// objects: nothing differs but the source.
func TestVolumesAreConverted(t *testing.T) {
	installDriver(t)
	s := newScene(t, sceneOptions{glusterfs: true})
	s.claim(t)
	s.checkPromises(t)
	kept := newClaim(t, s.namespace, newClass(t, s.provisioner(), s.heketi, ofGlusterfs, retain).Name, "1Gi")
	names := append(s.volumes(t), waitBound(t, kept).Name)
	for _, name := range names {
		patchVolume(t, name, `{
			"metadata": {"labels": {"disk": "fast"}, "annotations": {"example.com/note": "mine"}},
			"spec": {"mountOptions": ["log-level=WARNING"], "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]}}}
		}`)
	}
	before := texts(t, names)

	convert(t, names, volume.CSI)
	s.waitConverted(t, names, volume.CSI)
	for name, now := range texts(t, names) {
		expectOnlyTheSource(t, before[name], now)
	}
	for _, name := range names {
		csi := getVolume(t, name).Spec.CSI
		if csi.Driver != volume.Driver || csi.VolumeAttributes["servers"] != volume.HostsText(firstHosts) || csi.VolumeAttributes["volume"] != name {
			t.Errorf("%s has source %+v", name, csi)
		}
	}
	waitServers(t, s.heketi, firstHosts)
	expectEndpoints(t, s.namespace, 0)
	s.waitTold(t, "VolumeConverted", "its source was glusterfs, and is csi now")
	expectLogged(t, s.provisioner(), kept, "PersistentVolume converted")
	if status, output := runAudit(t, s.provisioner()); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}

	convert(t, names, volume.Glusterfs)
	s.waitConverted(t, names, volume.Glusterfs)
	for name, now := range texts(t, names) {
		expectSame(t, before[name], now)
	}
	expectEndpoints(t, s.namespace, len(names))
	waitServersGone(t, s.heketi)

	deleteClaim(t, kept)
	waitPhase(t, names[len(names)-1], v1.VolumeReleased)
	patchVolume(t, names[len(names)-1], `{"spec": {"persistentVolumeReclaimPolicy": "Delete"}}`)
	waitVolumeGone(t, names[len(names)-1])
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}

// volumes returns the names of the PersistentVolumes of the scene's claims.
func (s *scene) volumes(t *testing.T) (names []string) {
	t.Helper()
	for _, claim := range s.claims {
		names = append(names, waitBound(t, claim).Name)
	}
	return names
}

// convert asks for PersistentVolumes to be converted.
func convert(t *testing.T, names []string, to volume.Source) {
	t.Helper()
	for _, name := range names {
		patchVolume(t, name, fmt.Sprintf(`{"metadata": {"annotations": {%q: %q}}}`, volume.AnnotationConvertTo, to))
	}
}

func patchVolume(t *testing.T, name, patch string) {
	t.Helper()
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Patch(t.Context(), name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}))
}

func getVolume(t *testing.T, name string) *v1.PersistentVolume {
	t.Helper()
	return must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), name, metav1.GetOptions{}))
}

// waitConverted waits until PersistentVolumes have that kind of source, they and their
// claims are Bound, and no record is left.
func (s *scene) waitConverted(t *testing.T, names []string, to volume.Source) {
	t.Helper()
	s.eventually(t, func(ctx context.Context) error {
		for _, name := range names {
			if err := unconverted(ctx, name, to); err != nil {
				return err
			}
		}
		return s.provisioner().converting(ctx)
	})
}

// unconverted returns nil if a PersistentVolume has that kind of source and is as it is to be.
func unconverted(ctx context.Context, name string, to volume.Source) error {
	pv, err := env.client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	claim, err := env.client.CoreV1().PersistentVolumeClaims(pv.Spec.ClaimRef.Namespace).Get(ctx, pv.Spec.ClaimRef.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if volume.SourceOf(pv) != to || pv.Status.Phase != v1.VolumeBound || claim.Status.Phase != v1.ClaimBound ||
		pv.Annotations[volume.AnnotationConvertTo] != "" || pv.Annotations[volume.AnnotationPolicy] != "" {
		return fmt.Errorf("PersistentVolume %s has source %s and is %s, its claim %s; annotations %v; its events: %v", name, volume.SourceOf(pv), pv.Status.Phase, claim.Status.Phase, pv.Annotations, eventsOf(pv.UID))
	}
	return nil
}

// converting returns what records of conversions the provisioner has.
func (p *provisioner) converting(ctx context.Context) error {
	list, err := env.client.CoreV1().ConfigMaps(ourNamespace).List(ctx, metav1.ListOptions{LabelSelector: conversion.LabelProvisioner})
	if err != nil {
		return err
	}
	for _, record := range list.Items {
		if record.Annotations["gluster.org/provisioner"] == p.name {
			return fmt.Errorf("there is a record of %s", record.Data["persistentVolume"])
		}
	}
	return nil
}

// texts returns PersistentVolumes as the API server has them, without what it writes itself.
func texts(t *testing.T, names []string) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, name := range names {
		written := must[[]byte](t)(env.client.CoreV1().RESTClient().Get().Resource("persistentvolumes").Name(name).SetHeader("Accept", "application/json").DoRaw(t.Context()))
		var pv map[string]any
		if err := json.Unmarshal(written, &pv); err != nil {
			t.Fatal(err)
		}
		metadata, spec, status := pv["metadata"].(map[string]any), pv["spec"].(map[string]any), pv["status"].(map[string]any)
		for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields"} {
			delete(metadata, field)
		}
		delete(spec["claimRef"].(map[string]any), "resourceVersion")
		delete(status, "lastPhaseTransitionTime")
		all[name] = pv
	}
	return all
}

func expectSame(t *testing.T, before, now map[string]any) {
	t.Helper()
	sortFinalizers(before)
	sortFinalizers(now)
	if !reflect.DeepEqual(before, now) {
		t.Errorf("it was\n%v\nand is\n%v", before, now)
	}
}

// sortFinalizers has the order of finalizers, which means nothing, be the same.
func sortFinalizers(pv map[string]any) {
	metadata := pv["metadata"].(map[string]any)
	set := map[string]bool{}
	list, _ := metadata["finalizers"].([]any)
	for _, finalizer := range list {
		set[finalizer.(string)] = true
	}
	metadata["finalizersInAnyOrder"] = set
	delete(metadata, "finalizers")
}

// expectOnlyTheSource checks that two PersistentVolumes differ in nothing but that the source
// was glusterfs and is csi.
func expectOnlyTheSource(t *testing.T, before, now map[string]any) {
	t.Helper()
	copied := map[string]any{}
	bytes := must[[]byte](t)(json.Marshal(before))
	if err := json.Unmarshal(bytes, &copied); err != nil {
		t.Fatal(err)
	}
	was, is := copied["spec"].(map[string]any), now["spec"].(map[string]any)
	if was["glusterfs"] == nil || is["csi"] == nil {
		t.Fatalf("the sources were\n%v\nand are\n%v", was, is)
	}
	delete(was, "glusterfs")
	was["csi"] = is["csi"]
	expectSame(t, copied, now)
}

// expectEndpoints waits until so many Services, and as many Endpoints, are in a namespace.
func expectEndpoints(t *testing.T, namespace string, want int) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		services, endpoints, err := countEndpoints(ctx, namespace, "")
		if err == nil && (services != want || endpoints != want) {
			err = fmt.Errorf("there are %d Services and %d Endpoints, want %d of each", services, endpoints, want)
		}
		return err
	})
}
