package why

import (
	"errors"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/library"
	"glusterfs-provisioner/provisioner/volume"
)

// situation is how a claim stands, and what is to be said of it.
type situation struct {
	facts  func() *Facts
	change func(*Facts)
	state  verdict.State
	reason Reason
	// says are texts of the sentence and of what to do.
	says []string
}

func class(f *Facts) *storagev1.StorageClass   { return f.Classes.Value[0] }
func claim(f *Facts) *v1.PersistentVolumeClaim { return f.Claim.Value }
func pv(f *Facts) *v1.PersistentVolume         { return f.Volume.Value }

// onFirstPod has the class wait for the first pod.
func onFirstPod(f *Facts) {
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	class(f).VolumeBindingMode = &mode
	claim(f).Annotations = nil
}

// ofGlusterfs gives the PersistentVolume the source glusterfs.
func ofGlusterfs(f *Facts) {
	pv(f).Spec.PersistentVolumeSource = v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{Path: "pvc-1", EndpointsName: "e"}}
}

func asksForMore(f *Facts) {
	claim(f).Spec.Resources.Requests[v1.ResourceStorage] = resource.MustParse("5Gi")
}

func failed(message string, since time.Duration) func(*Facts) {
	return func(f *Facts) {
		f.Events = there([]v1.Event{event("Provisioning", "again", since-time.Second), event("ProvisioningFailed", library.BeforeFailure("glusterfs")+message, since)})
	}
}

var pending = map[string]situation{
	"no such claim": {pendingFacts, func(f *Facts) { f.Claim = asked.Thing[*v1.PersistentVolumeClaim]{} }, verdict.Wrong, NoClaim, []string{"no claim pictures in namespace demo", "kubectl get pvc -A"}},
	"unreadable":    {pendingFacts, func(f *Facts) { f.Claim = untoldOf[*v1.PersistentVolumeClaim]() }, verdict.Unknown, NotTold, []string{"you may not read things x"}},
	"no class":      {pendingFacts, func(f *Facts) { claim(f).Spec.StorageClassName = nil }, verdict.Wrong, NoClass, []string{"none is marked as the default", annotationDefault}},
	"empty class":   {pendingFacts, func(f *Facts) { *claim(f).Spec.StorageClassName = "" }, verdict.Wrong, NoClass, []string{"asks for no new volume"}},
	"default class": {pendingFacts, func(f *Facts) {
		claim(f).Spec.StorageClassName = nil
		class(f).Annotations = map[string]string{annotationDefault: "true"}
	}, verdict.Waits, NoClass, []string{"has not been given the default one"}},
	"class missing":   {pendingFacts, func(f *Facts) { f.Classes.Value = nil }, verdict.Wrong, ClassMissing, []string{`"glusterfs" does not exist`}},
	"old annotation":  {pendingFacts, func(f *Facts) { claim(f).Annotations[v1.BetaStorageClassAnnotation] = "gold" }, verdict.Wrong, ClassMissing, []string{`"gold" does not exist`}},
	"other's class":   {pendingFacts, func(f *Facts) { class(f).Provisioner = "nfs" }, verdict.Unknown, ClassOfAnother, []string{"is for provisioner nfs", "--provisioner-name"}},
	"in-tree class":   {pendingFacts, func(f *Facts) { class(f).Provisioner = volume.InTree }, verdict.Wrong, ClassOfAnother, []string{"kubernetes.io/glusterfs", "provisioner: gluster.org/glusterfs"}},
	"bad parameter":   {pendingFacts, func(f *Facts) { class(f).Parameters["gidMin"] = "12" }, verdict.Wrong, ClassInvalid, []string{`gidMin "12"`, "delete the class and make it again"}},
	"bad mountoption": {pendingFacts, func(f *Facts) { class(f).MountOptions = []string{"subdir-mount=../.."} }, verdict.Wrong, ClassInvalid, []string{"subdir-mount"}},

	"waits for pod":            {pendingFacts, onFirstPod, verdict.Waits, WaitsForPod, []string{"there is none", "make a pod"}},
	"waits for scheduling":     {pendingFacts, func(f *Facts) { onFirstPod(f); f.Pods.Value = []v1.Pod{podOf("pictures", v1.PodPending)} }, verdict.Waits, WaitsForPod, []string{"web is not yet", "describe pod web"}},
	"waits, no leader":         {pendingFacts, func(f *Facts) { onFirstPod(f); f.Leader.Value.Leads = false }, verdict.Wrong, NoLeader, nil},
	"waits, secret missing":    {pendingFacts, func(f *Facts) { onFirstPod(f); f.Key = asked.Thing[cluster.Key]{} }, verdict.Wrong, SecretMissing, nil},
	"waits, secret unreadable": {pendingFacts, func(f *Facts) { onFirstPod(f); f.Key = untoldOf[cluster.Key]() }, verdict.Waits, WaitsForPod, nil},
	"wrong before waiting":     {pendingFacts, func(f *Facts) { onFirstPod(f); class(f).Parameters["resturl"] = "" }, verdict.Wrong, ClassInvalid, []string{"resturl"}},

	"never installed":    {pendingFacts, func(f *Facts) { f.Leader = asked.Thing[cluster.Leader]{} }, verdict.Wrong, NoLeader, []string{"has never run in namespace storage", "kubectl apply -f deploy/"}},
	"no leader":          {pendingFacts, func(f *Facts) { f.Leader.Value.Leads = false }, verdict.Wrong, NoLeader, []string{"no replica of provisioner", "2026-11-28T20:00:00Z"}},
	"leader unreadable":  {pendingFacts, func(f *Facts) { f.Leader = untoldOf[cluster.Leader]() }, verdict.Unknown, NotTold, []string{"you may not read things x"}},
	"secret missing":     {pendingFacts, func(f *Facts) { f.Key = asked.Thing[cluster.Key]{} }, verdict.Wrong, SecretMissing, []string{"Secret storage/heketi", "does not exist"}},
	"secret without key": {pendingFacts, func(f *Facts) { f.Key.Value.Problem = errors.New("it has no key") }, verdict.Wrong, SecretUnusable, []string{"it has no key"}},
	"secret unreadable":  {pendingFacts, func(f *Facts) { f.Key = untoldOf[cluster.Key]() }, verdict.Unknown, NotTold, []string{"whether Secret storage/heketi has heketi's key cannot be told"}},
	"no secret needed": {pendingFacts, func(f *Facts) {
		class(f).Parameters = map[string]string{"resturl": "http://h:1"}
		f.Key = untoldOf[cluster.Key]()
		f.Entry = there(someEntry())
	}, verdict.Waits, InTheMaking, nil},

	"failed":                    {pendingFacts, failed("no space", time.Minute), verdict.Wrong, ProvisioningFailed, []string{"(3 times, last at 2026-11-28T19:59:00Z): no space"}},
	"failed, secret unreadable": {pendingFacts, func(f *Facts) { failed("no space", time.Minute)(f); f.Key = untoldOf[cluster.Key]() }, verdict.Wrong, ProvisioningFailed, []string{"no space"}},
	"failed, secret missing":    {pendingFacts, func(f *Facts) { failed("no key", time.Minute)(f); f.Key = asked.Thing[cluster.Key]{} }, verdict.Wrong, SecretMissing, nil},
	"failed before the class":   {pendingFacts, failed("no space", 2*time.Hour), verdict.Unknown, NothingSaid, []string{"kubectl -n storage logs deployment/glusterfs-provisioner"}},
	"events unreadable":         {pendingFacts, func(f *Facts) { f.Events = untoldOf[[]v1.Event]() }, verdict.Unknown, NotTold, nil},
	"in the making":             {pendingFacts, func(f *Facts) { f.Entry = there(someEntry()) }, verdict.Waits, InTheMaking, []string{"volume pvc-1 with GID 2000", "heketi http://heketi:8080"}},
	"made, secret unreadable":   {pendingFacts, func(f *Facts) { f.Entry = there(someEntry()); f.Key = untoldOf[cluster.Key]() }, verdict.Waits, InTheMaking, nil},
	"interrupted":               {pendingFacts, func(f *Facts) { failed("outcome unknown", time.Minute)(f); f.Entry = there(someEntry()) }, verdict.Wrong, ProvisioningFailed, []string{"outcome unknown"}},
	"journal unreadable":        {pendingFacts, func(f *Facts) { f.Entry = untoldOf[journal.Entry]() }, verdict.Unknown, NotTold, nil},
	"new":                       {pendingFacts, func(f *Facts) { claim(f).CreationTimestamp = ago(5 * time.Second) }, verdict.Waits, JustMade, nil},
	"not asked for":             {pendingFacts, func(f *Facts) { claim(f).Annotations = nil }, verdict.Unknown, NotAskedFor, []string{"kube-controller-manager"}},
	"silence":                   {pendingFacts, func(*Facts) {}, verdict.Unknown, NothingSaid, nil},

	"class unreadable":         {pendingFacts, func(f *Facts) { f.Classes = untoldOf[[]*storagev1.StorageClass]() }, verdict.Unknown, NotTold, nil},
	"class unreadable, failed": {pendingFacts, func(f *Facts) { failed("no space", time.Minute)(f); f.Classes = untoldOf[[]*storagev1.StorageClass]() }, verdict.Wrong, ProvisioningFailed, []string{"no space"}},
	"class unreadable, waits": {pendingFacts, func(f *Facts) {
		f.Events.Value = []v1.Event{event("WaitForFirstConsumer", "", 0)}
		f.Classes = untoldOf[[]*storagev1.StorageClass]()
	}, verdict.Waits, WaitsForPod, nil},
	"volume named but missing": {pendingFacts, func(f *Facts) { claim(f).Spec.VolumeName = "mine" }, verdict.Wrong, VolumeMissing, []string{"PersistentVolume mine, which does not exist"}},
	"volume named, another's": {pendingFacts, func(f *Facts) {
		claim(f).Spec.VolumeName = "mine"
		f.Volume = there(newVolume())
		pv(f).Spec.ClaimRef.UID = "other"
	}, verdict.Wrong, VolumeTaken, []string{"an earlier claim of this name"}},
	"volume made, not bound":       {pendingFacts, func(f *Facts) { f.Volume = there(newVolume()) }, verdict.Waits, Binding, nil},
	"volume named, not to be seen": {pendingFacts, func(f *Facts) { claim(f).Spec.VolumeName = "mine"; f.Volume = untoldOf[*v1.PersistentVolume]() }, verdict.Unknown, NotTold, nil},
}

var bound = map[string]situation{
	"fine":                    {boundFacts, func(*Facts) {}, verdict.Fine, Bound, []string{"nothing is wrong"}},
	"volume unreadable":       {boundFacts, func(f *Facts) { f.Volume = untoldOf[*v1.PersistentVolume]() }, verdict.Unknown, NotTold, nil},
	"volume gone":             {boundFacts, func(f *Facts) { f.Volume = asked.Thing[*v1.PersistentVolume]{} }, verdict.Wrong, VolumeMissing, []string{"docs/static-volumes.md"}},
	"volume of another claim": {boundFacts, func(f *Facts) { pv(f).Spec.ClaimRef.UID, pv(f).Spec.ClaimRef.Name = "other", "music" }, verdict.Wrong, VolumeTaken, []string{"for claim demo/music"}},
	"no GlusterFS":            {boundFacts, func(f *Facts) { pv(f).Spec.PersistentVolumeSource = v1.PersistentVolumeSource{} }, verdict.Fine, BoundToOther, nil},
	"volume failed":           {boundFacts, func(f *Facts) { pv(f).Status.Phase, pv(f).Status.Message = v1.VolumeFailed, "broken" }, verdict.Wrong, VolumeGoing, []string{"Failed", "broken"}},
	"volume deleted":          {boundFacts, func(f *Facts) { at := ago(0); pv(f).DeletionTimestamp = &at }, verdict.Wrong, VolumeGoing, []string{"Retain"}},
	"no node plugin":          {boundFacts, func(f *Facts) { f.Driver = asked.Thing[*storagev1.CSIDriver]{} }, verdict.Wrong, NotMountable, []string{"kubectl apply -f deploy/csi/"}},
	"node plugin unreadable":  {boundFacts, func(f *Facts) { f.Driver = untoldOf[*storagev1.CSIDriver]() }, verdict.Unknown, NotTold, nil},
	"glusterfs on 1.36":       {boundFacts, ofGlusterfs, verdict.Wrong, NotMountable, []string{"this is 1.36", "gluster.org/convert-to=csi"}},
	"glusterfs on 1.25":       {boundFacts, func(f *Facts) { ofGlusterfs(f); f.Kubernetes = there(utilversion.MustParseGeneric("1.25.0")) }, verdict.Fine, Bound, nil},
	"annotation removed":      {boundFacts, func(f *Facts) { delete(pv(f).Annotations, volume.AnnotationURL) }, verdict.Wrong, NotRecorded, []string{volume.AnnotationURL}},
	"of a predecessor": {boundFacts, func(f *Facts) {
		ofGlusterfs(f)
		pv(f).Annotations[volume.ProvisionedBy] = volume.InTree
		f.Kubernetes = there(utilversion.MustParseGeneric("1.25.0"))
	}, verdict.Fine, Bound, nil},

	"to be converted": {boundFacts, func(f *Facts) { pv(f).Annotations[volume.AnnotationConvertTo] = "csi" }, verdict.Waits, Converted, []string{"to source csi"}},
	"cannot convert": {boundFacts, func(f *Facts) {
		pv(f).Annotations[volume.AnnotationConvertTo] = "csi"
		f.VolumeEvents.Value = []v1.Event{event("VolumeNotConverted", "no heketi", 0)}
	}, verdict.Wrong, Converted, []string{"no heketi"}},
	"convert, no leads": {boundFacts, func(f *Facts) { pv(f).Annotations[volume.AnnotationConvertTo] = "csi"; f.Leader.Value.Leads = false }, verdict.Wrong, NoLeader, nil},

	"grows":                {boundFacts, asksForMore, verdict.Waits, Growing, []string{"from 2Gi to 5Gi"}},
	"grows, no leader":     {boundFacts, func(f *Facts) { asksForMore(f); f.Leader.Value.Leads = false }, verdict.Wrong, NoLeader, nil},
	"class forbids growth": {boundFacts, func(f *Facts) { asksForMore(f); class(f).AllowVolumeExpansion = nil }, verdict.Wrong, CannotGrow, []string{"allowVolumeExpansion"}},
	"class gone":           {boundFacts, func(f *Facts) { asksForMore(f); f.Classes.Value = nil }, verdict.Wrong, CannotGrow, []string{"is gone"}},
	"no room": {boundFacts, func(f *Facts) {
		asksForMore(f)
		claim(f).Status.Conditions = []v1.PersistentVolumeClaimCondition{{Type: "ControllerResizeError", Message: "no space"}}
	}, verdict.Wrong, CannotGrow, []string{"no space"}},
	"growing failed": {boundFacts, func(f *Facts) {
		asksForMore(f)
		f.Events.Value = []v1.Event{event("VolumeResizeFailed", "heketi away", 0)}
	}, verdict.Wrong, CannotGrow, []string{"heketi away"}},
	"growing failed once": {boundFacts, func(f *Facts) {
		asksForMore(f)
		f.Events.Value = []v1.Event{event("VolumeResizeFailed", "", time.Hour), event("VolumeResizeSuccessful", "", time.Minute)}
	}, verdict.Waits, Growing, nil},
	"grows, of others": {boundFacts, func(f *Facts) { asksForMore(f); pv(f).Annotations[volume.ProvisionedBy] = "else" }, verdict.Wrong, CannotGrow, []string{"only volumes of its own"}},
}

var ending = map[string]situation{
	"lost": {boundFacts, func(f *Facts) { claim(f).Status.Phase = v1.ClaimLost; f.Volume = asked.Thing[*v1.PersistentVolume]{} }, verdict.Wrong, VolumeMissing, []string{"docs/static-volumes.md"}},
	"lost, being converted": {boundFacts, func(f *Facts) {
		claim(f).Status.Phase = v1.ClaimLost
		f.Volume = asked.Thing[*v1.PersistentVolume]{}
		f.Conversion.There = true
	}, verdict.Waits, Converted, []string{"it is Bound again when"}},
	"lost, conversion unreadable": {boundFacts, func(f *Facts) {
		claim(f).Status.Phase = v1.ClaimLost
		f.Volume = asked.Thing[*v1.PersistentVolume]{}
		f.Conversion.Err = forbidden
	}, verdict.Unknown, NotTold, nil},
	"lost, another's": {boundFacts, func(f *Facts) { claim(f).Status.Phase = v1.ClaimLost; pv(f).Spec.ClaimRef.UID = "other" }, verdict.Wrong, VolumeTaken, nil},
	"lost, there now": {boundFacts, func(f *Facts) { claim(f).Status.Phase = v1.ClaimLost }, verdict.Waits, Binding, nil},

	"deleted, in use": {boundFacts, func(f *Facts) { deletedNow(f); f.Pods.Value = []v1.Pod{podOf("pictures", v1.PodRunning)} }, verdict.Waits, UsedByPods, []string{"web"}},
	"deleted, was in use": {boundFacts, func(f *Facts) {
		deletedNow(f)
		f.Pods.Value = []v1.Pod{podOf("pictures", v1.PodSucceeded), podOf("music", v1.PodRunning)}
	}, verdict.Waits, Deleted, nil},
	"deleted, pods unreadable": {boundFacts, func(f *Facts) { deletedNow(f); f.Pods = untoldOf[[]v1.Pod]() }, verdict.Unknown, NotTold, nil},
	"deleted, held":            {boundFacts, func(f *Facts) { deletedNow(f); claim(f).Finalizers = []string{finalizerInUse, "example.com/mine"} }, verdict.Wrong, Finalizers, []string{"example.com/mine"}},

	"gone, volume deleted": {goneFacts, func(*Facts) {}, verdict.Waits, VolumeDeleted, nil},
	"gone, volume kept":    {goneFacts, func(f *Facts) { pv(f).Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimRetain }, verdict.Waits, VolumeRetained, []string{"Released, with policy Retain"}},
	"gone, volume not deleted": {goneFacts, func(f *Facts) {
		f.VolumeEvents.Value = []v1.Event{event("VolumeFailedDelete", "the volume is kept", 0)}
	}, verdict.Wrong, VolumeNotDeleted, []string{"the volume is kept"}},
	"gone, volume failed": {goneFacts, func(f *Facts) {
		pv(f).Status.Phase, pv(f).Status.Message = v1.VolumeFailed, "no deleter"
		pv(f).Annotations[volume.ProvisionedBy] = "else"
	}, verdict.Unknown, VolumeNotDeleted, []string{"no deleter"}},
	"gone, no leader":          {goneFacts, func(f *Facts) { f.Leader.Value.Leads = false }, verdict.Wrong, NoLeader, nil},
	"gone, being undone":       {goneFacts, func(f *Facts) { f.Volume = asked.Thing[*v1.PersistentVolume]{}; f.Entry = there(someEntry()) }, verdict.Waits, VolumeDeleted, []string{"being undone"}},
	"gone, volumes unreadable": {goneFacts, func(f *Facts) { f.Volume = untoldOf[*v1.PersistentVolume]() }, verdict.Wrong, NoClaim, nil},
}

func deletedNow(f *Facts) { at := ago(0); claim(f).DeletionTimestamp = &at }

// TestExplain goes through the situations of a claim: each is told by its own reason.
func TestExplain(t *testing.T) {
	for group, situations := range map[string]map[string]situation{"pending": pending, "bound": bound, "ending": ending} {
		for name, s := range situations {
			t.Run(group+"/"+name, func(t *testing.T) {
				facts := s.facts()
				s.change(facts)
				got := Explain(*facts)
				if got.State != s.state || got.Reason != s.reason {
					t.Errorf("it is %s, %s; want %s, %s: %+v", got.State, got.Reason, s.state, s.reason, got)
				}
				for _, text := range s.says {
					if !strings.Contains(got.Says+" "+got.ToDo, text) {
						t.Errorf("it does not say %q: %s. To do: %s", text, got.Says, got.ToDo)
					}
				}
				checkForm(t, got)
			})
		}
	}
}

// checkForm checks what holds for each answer.
func checkForm(t *testing.T, got Answer) {
	t.Helper()
	if got.Claim != "demo/pictures" || got.Says == "" || strings.ContainsAny(got.Says, "\n") || len(got.LookedAt) == 0 {
		t.Errorf("the answer is no sentence about the claim: %+v", got)
	}
	if got.State != verdict.Fine && got.ToDo == "" {
		t.Errorf("it does not say what to do: %+v", got)
	}
	for _, look := range got.LookedAt {
		if look.At == "result" && got.State != verdict.Fine {
			t.Errorf("it says that nothing is wrong: %+v", got)
		}
		if look.At == "" || look.State == "" || look.Says == "" {
			t.Errorf("a line is empty: %+v", look)
		}
	}
}
