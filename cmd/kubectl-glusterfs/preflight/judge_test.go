package preflight

import (
	"errors"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

var errUntold = errors.New("not for you")

func there[T any](value T) asked.Thing[T] { return asked.Thing[T]{Value: value, There: true} }

func pluginOn(node string, ready v1.ConditionStatus) v1.Pod {
	pod := v1.Pod{}
	pod.Spec.NodeName = node
	pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: ready}}
	return pod
}

func registeredOn(node string) storagev1.CSINode {
	registered := storagev1.CSINode{}
	registered.Name, registered.Spec.Drivers = node, []storagev1.CSINodeDriver{{Name: volume.Driver}}
	return registered
}

// secretRef is the Secret that the class names, and oldRef the one that a PersistentVolume does.
var secretRef, oldRef = volume.SecretRef{Namespace: "n", Name: "s"}, volume.SecretRef{Namespace: "old", Name: "s"}

// reading is a node plugin that looks for servers in a namespace.
func reading(namespace string) *appsv1.DaemonSet {
	set := &appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 2, NumberReady: 2}}
	set.Spec.Template.Spec.Containers = []v1.Container{{Args: []string{"--v=1", "--provisioner-namespace=" + namespace}}}
	return set
}

// healthy is a cluster in which nothing is wrong.
func healthy() *Facts {
	replicas := int32(2)
	class := &storagev1.StorageClass{Parameters: map[string]string{"resturl": "http://h1", "secretName": "s", "secretNamespace": "n"}}
	class.Name = "gold"
	pv := &v1.PersistentVolume{}
	pv.Annotations = map[string]string{
		volume.ProvisionedBy: "gluster.org/glusterfs", volume.AnnotationVolumeID: "1", volume.AnnotationURL: "http://h1", volume.AnnotationSecret: oldRef.String(),
	}
	return &Facts{
		Installed:  cluster.Installed{Provisioner: "gluster.org/glusterfs", Namespace: "storage", GlusterNamespace: "glusterfs"},
		Kubernetes: there(utilversion.MustParseGeneric("1.36.3")),
		Own:        there(cluster.Rights{}),
		Account:    there(cluster.Rights{}),
		Deployment: there(&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &replicas}, Status: appsv1.DeploymentStatus{ReadyReplicas: 2}}),
		Leader:     there(cluster.Leader{Holder: "pod-1", Leads: true}),
		Driver:     there(&storagev1.CSIDriver{}),
		DaemonSet:  there(reading("storage")),
		Present:    there(cluster.Rights{}),
		Pods:       there([]v1.Pod{pluginOn("n1", v1.ConditionTrue), pluginOn("n2", v1.ConditionTrue)}),
		Nodes:      there([]storagev1.CSINode{registeredOn("n1"), registeredOn("n2")}),
		Classes:    there([]*storagev1.StorageClass{class}),
		Keys:       map[volume.SecretRef]asked.Thing[cluster.Key]{secretRef: there(cluster.Key{}), oldRef: there(cluster.Key{})},
		Readable:   map[volume.SecretRef]asked.Thing[cluster.Rights]{secretRef: there(cluster.Rights{}), oldRef: there(cluster.Rights{})},
		Volumes:    there([]*v1.PersistentVolume{pv}),
		Elsewhere:  there(cluster.Elsewhere{}),
		Entries:    there([]journal.Entry{}),
		Hosts:      there(&appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 2, NumberReady: 2}}),
		HostPods:   there([]v1.Pod{pluginOn("n1", v1.ConditionTrue), pluginOn("n2", v1.ConditionTrue)}),
		Keeper:     there(&appsv1.Deployment{Status: appsv1.DeploymentStatus{ReadyReplicas: 1}}),
		Service:    there(&v1.Service{}),
		Disks:      there([]*glustercluster.Object{newDisks()}),
	}
}

func missing(verb, resource string) asked.Thing[cluster.Rights] {
	return there(cluster.Rights{Missing: []cluster.Right{{ResourceAttributes: authorizationv1.ResourceAttributes{Verb: verb, Resource: resource}}}})
}

// TestJudge breaks one thing at a time: its line, and no other, says so.
func TestJudge(t *testing.T) {
	notes := v1.ConfigMap{}
	notes.Namespace, notes.Name = "old", "journal"
	t.Run("another namespace is meant", func(t *testing.T) {
		facts := healthy()
		facts.Leader.Value.Leads, facts.Elsewhere.Value.Leading = false, []string{"old"}
		for _, line := range Judge(*facts).Lines {
			if line.What == "other namespaces" && !strings.Contains(line.Remedy, "kubectl glusterfs check --provisioner-namespace=old") {
				t.Errorf("a line says %+v", line)
			}
		}
	})
	for name, test := range map[string]judgement{
		"healthy":              {func(*Facts) {}, "", verdict.Fine, ""},
		"version untold":       {func(f *Facts) { f.Kubernetes = asked.Thing[*utilversion.Version]{Err: errUntold} }, "kubernetes", verdict.Unknown, "not for you"},
		"too old":              {func(f *Facts) { f.Kubernetes = there(utilversion.MustParseGeneric("1.24.9")) }, "kubernetes", verdict.Unknown, "1.24.9"},
		"own rights":           {func(f *Facts) { f.Own = missing("list", "persistentvolumes") }, "your rights", verdict.Unknown, "you may not list persistentvolumes"},
		"provisioner's rights": {func(f *Facts) { f.Account = missing("patch", "persistentvolumes") }, "provisioner's rights", verdict.Wrong, "it may not patch persistentvolumes"},
		"provisioner's untold": {func(f *Facts) { f.Account = asked.Thing[cluster.Rights]{Err: errUntold} }, "provisioner's rights", verdict.Unknown, "not for you"},
		"not installed":        {func(f *Facts) { f.Deployment = asked.Thing[*appsv1.Deployment]{} }, "deployment", verdict.Wrong, "namespace storage"},
		"one replica":          {func(f *Facts) { f.Deployment.Value.Status.ReadyReplicas = 1 }, "deployment", verdict.Wrong, "1 of 2"},
		"scaled to nothing":    {func(f *Facts) { *f.Deployment.Value.Spec.Replicas = 0; f.Deployment.Value.Status.ReadyReplicas = 0 }, "deployment", verdict.Wrong, "0 of 0"},
		"no leader":            {func(f *Facts) { f.Leader.Value.Leads = false }, "leader", verdict.Wrong, "no replica leads"},
		"never led":            {func(f *Facts) { f.Leader = asked.Thing[cluster.Leader]{} }, "leader", verdict.Wrong, "has ever led"},
		"leader untold":        {func(f *Facts) { f.Leader = asked.Thing[cluster.Leader]{Err: errUntold} }, "leader", verdict.Unknown, "not for you"},
		"no CSIDriver":         {func(f *Facts) { f.Driver = asked.Thing[*storagev1.CSIDriver]{} }, "csidriver", verdict.Wrong, "nothing mounts"},
		"installed otherwise":  {func(f *Facts) { f.DaemonSet = asked.Thing[*appsv1.DaemonSet]{} }, "node plugin", verdict.Unknown, "glusterfs-csi/glusterfs-csi-node"},
		"plugin not ready": {func(f *Facts) {
			f.DaemonSet.Value.Status.NumberReady = 1
			f.Pods.Value[1] = pluginOn("n2", v1.ConditionFalse)
		}, "node plugin", verdict.Wrong, "not on n2"},
		"not registered":             {func(f *Facts) { f.Nodes.Value = f.Nodes.Value[:1] }, "registrations", verdict.Wrong, "on n2"},
		"registrations untold":       {func(f *Facts) { f.Nodes = asked.Thing[[]storagev1.CSINode]{Err: errUntold} }, "registrations", verdict.Unknown, "not for you"},
		"class invalid":              {func(f *Facts) { f.Classes.Value[0].Parameters["volumetype"] = "raid" }, "class gold", verdict.Wrong, "volumetype"},
		"secret missing":             {func(f *Facts) { f.Keys[secretRef] = asked.Thing[cluster.Key]{} }, "class gold", verdict.Wrong, "n/s does not exist"},
		"secret without key":         {func(f *Facts) { f.Keys[secretRef] = there(cluster.Key{Problem: errors.New("no key")}) }, "class gold", verdict.Wrong, "no key"},
		"secret not for it":          {func(f *Facts) { f.Readable[secretRef] = missing("get", "secrets") }, "class gold", verdict.Wrong, "may not read Secret n/s"},
		"secret not for you":         {func(f *Facts) { f.Keys[secretRef] = asked.Thing[cluster.Key]{Err: errUntold} }, "class gold", verdict.Unknown, "not for you"},
		"classes untold":             {func(f *Facts) { f.Classes = asked.Thing[[]*storagev1.StorageClass]{Err: errUntold} }, "classes", verdict.Unknown, "not for you"},
		"journal untold":             {func(f *Facts) { f.Entries = asked.Thing[[]journal.Entry]{Err: errUntold} }, "journal", verdict.Unknown, "not for you"},
		"plugin reads elsewhere":     {func(f *Facts) { f.DaemonSet.Value = reading("old") }, "servers", verdict.Wrong, "in namespace old, and the provisioner is in storage"},
		"plugin reads by default":    {func(f *Facts) { f.DaemonSet.Value.Spec.Template.Spec.Containers[0].Args = nil }, "servers", verdict.Wrong, "in namespace glusterfs-provisioner"},
		"plugin may not read":        {func(f *Facts) { f.Present = missing("get", "configmaps") }, "servers", verdict.Wrong, "may not read ConfigMaps of namespace storage"},
		"plugin's untold":            {func(f *Facts) { f.Present = asked.Thing[cluster.Rights]{Err: errUntold} }, "servers", verdict.Unknown, "not for you"},
		"volumes untold":             {func(f *Facts) { f.Volumes = asked.Thing[[]*v1.PersistentVolume]{Err: errUntold} }, "volumes' secrets", verdict.Unknown, "not for you"},
		"volumes' secret gone":       {func(f *Facts) { f.Keys[oldRef] = asked.Thing[cluster.Key]{} }, "volumes' secrets", verdict.Wrong, "Secret old/s, which 1 PersistentVolumes name, does not exist"},
		"volumes' secret not for it": {func(f *Facts) { f.Readable[oldRef] = missing("get", "secrets") }, "volumes' secrets", verdict.Wrong, "may not be read by the provisioner"},
		"volumes' secret wrong":      {func(f *Facts) { f.Keys[oldRef] = there(cluster.Key{Problem: errors.New("no key")}) }, "volumes' secrets", verdict.Wrong, "no key"},
		"volumes' secret untold":     {func(f *Facts) { f.Keys[oldRef] = asked.Thing[cluster.Key]{Err: errUntold} }, "volumes' secrets", verdict.Unknown, "not for you"},
		"another's volume": {func(f *Facts) {
			f.Volumes.Value[0].Annotations[volume.ProvisionedBy] = "another"
			f.Keys[oldRef] = asked.Thing[cluster.Key]{}
		}, "", verdict.Fine, ""},
		"leader elsewhere": {func(f *Facts) { f.Elsewhere.Value.Leading = []string{"old"} }, "other namespaces", verdict.Wrong, "leads in namespace old, too"},
		"notes elsewhere":  {func(f *Facts) { f.Elsewhere.Value.Notes = []v1.ConfigMap{notes} }, "other namespaces", verdict.Wrong, "not read in namespace storage: old/journal"},
		"notes of a leader elsewhere": {func(f *Facts) {
			f.Elsewhere.Value = cluster.Elsewhere{Leading: []string{"old"}, Notes: []v1.ConfigMap{notes}}
		}, "other namespaces", verdict.Wrong, "leads in namespace old, too"},
		"elsewhere untold": {func(f *Facts) { f.Elsewhere = asked.Thing[cluster.Elsewhere]{Err: errUntold} }, "other namespaces", verdict.Unknown, "not for you"},
		"1.25 without node plugin": {func(f *Facts) {
			f.Kubernetes = there(utilversion.MustParseGeneric("1.25.0"))
			f.Driver = asked.Thing[*storagev1.CSIDriver]{}
			f.DaemonSet = asked.Thing[*appsv1.DaemonSet]{}
		}, "", verdict.Fine, ""},
	} {
		t.Run(name, test.holds)
	}
}

// judgement is what a change to a healthy cluster has a line say; the other lines stay fine.
type judgement struct {
	change func(*Facts)
	what   string
	state  verdict.State
	says   string
}

func (j judgement) holds(t *testing.T) {
	facts := healthy()
	j.change(facts)
	report := Judge(*facts)
	if report.State != j.state {
		t.Errorf("it is %s, want %s", report.State, j.state)
	}
	for _, line := range report.Lines {
		told := line.What == j.what && line.State == j.state && strings.Contains(line.Says, j.says)
		if line.State != verdict.Fine && !told || needsSomebody(line.State) && line.Remedy == "" || line.What == j.what && !told {
			t.Errorf("a line says %+v; want %s, %s, %q", line, j.what, j.state, j.says)
		}
	}
}

func needsSomebody(state verdict.State) bool {
	return state == verdict.Wrong || state == verdict.Unknown
}
