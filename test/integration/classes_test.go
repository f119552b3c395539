package integration

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/test/bench"
)

// validity returns what the metric says of a class, such as "1"; empty if there is none.
func (p *provisioner) validity(t *testing.T, class string) string {
	t.Helper()
	_, metrics := p.get(t, "/metrics")
	series := regexp.MustCompile(`(?m)^glusterfs_provisioner_storageclass_valid\{class="` + regexp.QuoteMeta(class) + `"\} (.*)$`)
	if found := series.FindStringSubmatch(metrics); found != nil {
		return found[1]
	}
	return ""
}

func (p *provisioner) waitValidity(t *testing.T, class, want string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		if got := p.validity(t, class); got != want {
			return fmt.Errorf("the metric says %q of class %s, want %q", got, class, want)
		}
		return nil
	})
}

// timesTold counts the events with a reason on an object.
func timesTold(uid types.UID, reason string) (count int) {
	for _, event := range indexedEvents(byObject, string(uid)) {
		if event.Reason == reason {
			count += int(event.Count)
		}
	}
	return count
}

func named(name string) func(*storagev1.StorageClass) {
	return func(class *storagev1.StorageClass) { class.Name = name }
}

// TestWrongClassIsTold makes classes that no claim could get a volume of. All that is wrong is
// told when the class is made, when it is made anew, and by the next leader.
func TestWrongClassIsTold(t *testing.T) {
	t.Parallel()
	name := "test.gluster.org/" + unique("p")
	leader := launch(t, name)
	leader.waitLeading(t)
	wrong := map[string]string{"resturl": "heketi:8080", "gidMin": "1999"}
	bind := func(class *storagev1.StorageClass) { class.MountOptions = []string{"bind"} }
	class := newClass(t, leader, nil, wrong, bind)
	said := []string{"StorageClassInvalid", `resturl "heketi:8080": must be`, `gidMin "1999": must be a number from 2000`, `mountOptions "bind"`, "delete the class and make it again"}
	waitEvent(t, class.UID, said...)
	leader.waitValidity(t, class.Name, "0")
	for _, event := range indexedEvents(byObject, string(class.UID)) {
		if event.Namespace != metav1.NamespaceDefault || event.Type != v1.EventTypeWarning {
			t.Errorf("the event is %+v", event)
		}
	}
	if described := must[[]byte](t)(env.cluster.Kubectl(t.Context(), "describe", "storageclass", class.Name)); !containsAll(string(described), said) {
		t.Errorf("kubectl describe prints\n%s", described)
	}

	deleteClass(t, class.Name)
	leader.waitValidity(t, class.Name, "")
	anew := newClass(t, leader, nil, wrong, bind, named(class.Name))
	waitEvent(t, anew.UID, said...)

	standby := launch(t, name)
	bench.Eventually(t, soon, func(context.Context) error {
		if !strings.Contains(standby.Output(), "Seen leader") {
			return errorOf("the standby has not seen the leader")
		}
		return nil
	})
	if _, metrics := standby.get(t, "/metrics"); strings.Contains(metrics, "storageclass_valid") {
		t.Error("the standby judges classes")
	}
	leader.endWell(t)
	standby.waitLeading(t)
	bench.Eventually(t, soon, func(context.Context) error {
		if told := timesTold(anew.UID, "StorageClassInvalid"); told != 2 {
			return fmt.Errorf("it was told %d times, want once by each leader", told)
		}
		return nil
	})
	standby.waitValidity(t, class.Name, "0")

	deleteClass(t, class.Name)
	right := newClass(t, standby, nil, map[string]string{"resturl": "http://heketi:8080"}, named(class.Name))
	standby.waitValidity(t, class.Name, "1")
	if told := eventsOf(right.UID); told != nil {
		t.Errorf("the class that is right was told %q", told)
	}
	standby.endWell(t)
}

// TestClassIsJudgedAgain makes the Secret of a class later than the class, and corrects mount
// options. Nothing of the class changes when its Secret is made.
func TestClassIsJudgedAgain(t *testing.T) {
	t.Parallel()
	p := startProvisioner(t)
	namespace := newNamespace(t)
	parameters := map[string]string{"resturl": "http://heketi:8080", "restuser": "admin", "secretNamespace": namespace, "secretName": "heketi"}
	class := newClass(t, p, nil, parameters)
	waitEvent(t, class.UID, "StorageClassInvalid", "cannot read Secret "+namespace+"/heketi", "not found")
	p.waitValidity(t, class.Name, "0")
	newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": "any"})
	waitEvent(t, class.UID, "StorageClassValid", "claims can get volumes now")
	p.waitValidity(t, class.Name, "1")

	newSecret(t, namespace, "other", "Opaque", map[string]string{"key": "any"})
	parameters["secretName"] = "other"
	other := newClass(t, p, nil, parameters)
	waitEvent(t, other.UID, "StorageClassInvalid", "Secret "+namespace+"/other has type \"Opaque\"", "gluster.org/glusterfs")

	class.MountOptions = []string{"volume-id=other"}
	class = must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Update(t.Context(), class, metav1.UpdateOptions{}))
	waitEvent(t, class.UID, "StorageClassInvalid", `mountOptions "volume-id=other"`)
	p.waitValidity(t, class.Name, "0")
	class.MountOptions = nil
	must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Update(t.Context(), class, metav1.UpdateOptions{}))
	p.waitValidity(t, class.Name, "1")
}
