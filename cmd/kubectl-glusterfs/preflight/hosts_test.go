package preflight

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
)

// newDisks is an object that is ready.
func newDisks() *glustercluster.Object {
	object := &glustercluster.Object{}
	object.Name, object.Generation = "disks", 3
	object.Status.Conditions = []metav1.Condition{{Type: disks.ConditionReady, Status: metav1.ConditionTrue, Reason: disks.AllReady, ObservedGeneration: 3}}
	return object
}

// TestJudgeHosts breaks one thing of GlusterFS in Kubernetes at a time.
func TestJudgeHosts(t *testing.T) {
	said := func(condition string, status metav1.ConditionStatus, reason string) func(*Facts) {
		return func(f *Facts) {
			meta.SetStatusCondition(&f.Disks.Value[0].Status.Conditions, metav1.Condition{Type: condition, Status: status, Reason: reason, Message: "the message", ObservedGeneration: 3})
		}
	}
	const object = "glustercluster disks"
	for name, test := range map[string]judgement{
		"healthy":      {func(*Facts) {}, "", verdict.Fine, ""},
		"hosts untold": {func(f *Facts) { f.Hosts = asked.Thing[*appsv1.DaemonSet]{Err: errUntold} }, "glusterfs pods", verdict.Unknown, "not for you"},
		"no hosts":     {func(f *Facts) { f.Hosts = asked.Thing[*appsv1.DaemonSet]{} }, "glusterfs pods", verdict.Wrong, "there is no DaemonSet glusterfs/glusterfs"},
		"host not ready": {func(f *Facts) {
			f.Hosts.Value.Status.NumberReady = 1
			f.HostPods.Value[1] = pluginOn("n2", v1.ConditionFalse)
		}, "glusterfs pods", verdict.Wrong, "1 of 2 are ready; not on n2"},
		"keeper untold":      {func(f *Facts) { f.Keeper = asked.Thing[*appsv1.Deployment]{Err: errUntold} }, "heketi", verdict.Unknown, "not for you"},
		"no keeper":          {func(f *Facts) { f.Keeper = asked.Thing[*appsv1.Deployment]{} }, "heketi", verdict.Wrong, "there is no Deployment glusterfs/heketi"},
		"keeper scaled away": {func(f *Facts) { f.Keeper.Value.Spec.Replicas = new(int32) }, "heketi", verdict.Wrong, "0 replicas"},
		"service untold":     {func(f *Facts) { f.Service = asked.Thing[*v1.Service]{Err: errUntold} }, "heketi", verdict.Unknown, "not for you"},
		"no service":         {func(f *Facts) { f.Service = asked.Thing[*v1.Service]{} }, "heketi", verdict.Wrong, "there is no Service glusterfs/heketi"},
		"keeper not ready":   {func(f *Facts) { f.Keeper.Value.Status.ReadyReplicas = 0 }, "heketi", verdict.Wrong, "no pod of it is ready"},
		"disks untold":       {func(f *Facts) { f.Disks = asked.Thing[[]*glustercluster.Object]{Err: errUntold} }, "glusterclusters", verdict.Unknown, "not for you"},
		"not looked at":      {func(f *Facts) { f.Disks.Value[0].Generation = 4 }, object, verdict.Wrong, "no keeper has looked at it"},
		"disk refused":       {said(disks.ConditionReady, metav1.ConditionFalse, disks.DevicesRefused), object, verdict.Wrong, "DevicesRefused: the message"},
		"adding":             {said(disks.ConditionReady, metav1.ConditionFalse, disks.Adding), object, verdict.Waits, "the message"},
		"draining":           {said(disks.ConditionDraining, metav1.ConditionTrue, disks.BricksMoving), object, verdict.Waits, "the message"},
		"drain blocked":      {said(disks.ConditionDraining, metav1.ConditionTrue, disks.DrainBlocked), object, verdict.Wrong, "does not go on: the message"},
		"drained":            {said(disks.ConditionDraining, metav1.ConditionFalse, disks.AllDrained), "", verdict.Fine, ""},
		"unlisted":           {said(disks.ConditionInSync, metav1.ConditionFalse, disks.Unlisted), object, verdict.Wrong, "otherwise: the message"},
		"deleted and in use": {said(disks.ConditionRemovalBlocked, metav1.ConditionTrue, disks.InUse), object, verdict.Wrong, "it was deleted, and stays: the message"},
		"being removed":      {func(f *Facts) { f.Disks.Value[0].DeletionTimestamp = &metav1.Time{} }, object, verdict.Waits, "being removed"},
		"nothing of it": {func(f *Facts) {
			f.Hosts, f.Keeper, f.Disks = asked.Thing[*appsv1.DaemonSet]{}, asked.Thing[*appsv1.Deployment]{}, asked.Thing[[]*glustercluster.Object]{}
		}, "", verdict.Fine, ""},
	} {
		t.Run(name, test.holds)
	}
}

// TestMissingPods has a pod that is refused before it is there, as by Pod Security: the DaemonSet tells why, and no pod.
func TestMissingPods(t *testing.T) {
	for _, there := range []int{1, 2} {
		facts := healthy()
		facts.Hosts.Value.Namespace, facts.Hosts.Value.Name = "glusterfs", "glusterfs"
		facts.Hosts.Value.Status.NumberReady, facts.HostPods.Value = 1, facts.HostPods.Value[:there]
		for _, line := range Judge(*facts).Lines {
			if daemonSet := strings.Contains(line.Remedy, "describe daemonset glusterfs"); line.What == "glusterfs pods" && daemonSet != (there < 2) {
				t.Errorf("with %d of 2 pods, it says %+v", there, line)
			}
		}
	}
}
