package why

import (
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/library"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// pending is a claim without a volume.
func (f Facts) pending(claim *v1.PersistentVolumeClaim) []finding {
	found := []finding{f.claimAs(claim)}
	if claim.Spec.VolumeName != "" || f.Volume.There && volume.ClaimOf(f.Volume.Value) == claim.UID {
		return append(found, f.binding(claim))
	}
	class, params, ofClass := f.ofClass(claim)
	switch {
	case f.Classes.Err != nil:
		return append(found, f.byEvents(claim, ofClass)...)
	case class == nil:
		return append(found, ofClass)
	case library.WaitsForPod(claim, class):
		found = append(found, ofClass)
		for _, needed := range f.needed(params) {
			found = append(found, onlyIfWrong(needed))
		}
		return append(found, f.firstPod(claim))
	}
	return append(append(found, ofClass), f.inTurn(claim, class, params)...)
}

// needed is what has to be there before a volume of a class can be made.
func (f Facts) needed(params *parameters.Parameters) []finding {
	if params.Heketi.Secret == nil {
		return []finding{f.leader()}
	}
	return []finding{f.leader(), f.secret(*params.Heketi.Secret)}
}

// inTurn is a claim that the provisioner has to make a volume for.
func (f Facts) inTurn(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass, params *parameters.Parameters) []finding {
	failed, entry := f.lastTry(claim, class), f.entry()
	found := append(f.needed(params), failed, entry)
	if entry.state == verdict.Waits || failed.state == verdict.Wrong {
		// Then the rest need not be known to tell how it stands.
		for i := range found {
			found[i] = onlyIfWrong(found[i])
		}
	}
	if allFine(found) {
		return append(found, f.quiet(claim, class))
	}
	return found
}

// byEvents is a claim whose class who types may not read: its events may tell.
func (f Facts) byEvents(claim *v1.PersistentVolumeClaim, ofClass finding) []finding {
	last := lastOf(f.Events.Value, "WaitForFirstConsumer", "WaitForPodScheduled", "ProvisioningFailed")
	switch {
	case last == nil:
		return []finding{ofClass}
	case last.Reason == "ProvisioningFailed":
		return []finding{ofClass.beside(), f.lastTry(claim, nil)}
	}
	return []finding{ofClass.beside(), f.firstPod(claim)}
}

// binding is a claim whose PersistentVolume is there, or should be.
func (f Facts) binding(claim *v1.PersistentVolumeClaim) finding {
	const at = "volume"
	switch pv := f.Volume.Value; {
	case f.Volume.Err != nil:
		return untold(at, "whether PersistentVolume "+f.nameOfVolume()+" exists", f.Volume.Err)
	case !f.Volume.There:
		return finding{at: at, state: verdict.Wrong, reason: VolumeMissing, says: fmt.Sprintf("it names PersistentVolume %s, which does not exist", claim.Spec.VolumeName),
			toDo: "make that PersistentVolume (docs/static-volumes.md), or make the claim again without volumeName"}
	case volume.ClaimOf(pv) != "" && volume.ClaimOf(pv) != claim.UID:
		return f.taken(claim, pv)
	default:
		return finding{at: at, state: verdict.Waits, reason: Binding, says: fmt.Sprintf("PersistentVolume %s is there, and Kubernetes has to bind the two", pv.Name),
			toDo: "wait; if that takes minutes, look whether kube-controller-manager runs, and whether size, access modes and class of the two fit"}
	}
}

// taken is a PersistentVolume that another claim has.
func (f Facts) taken(claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume) finding {
	ref := pv.Spec.ClaimRef
	whose := fmt.Sprintf("claim %s/%s", ref.Namespace, ref.Name)
	if ref.Namespace == claim.Namespace && ref.Name == claim.Name {
		whose = "an earlier claim of this name"
	}
	return finding{at: "volume", state: verdict.Wrong, reason: VolumeTaken, says: fmt.Sprintf("PersistentVolume %s is for %s, and %s", pv.Name, whose, pv.Status.Phase),
		toDo: "make the claim again without volumeName; to give it that volume, see docs/static-volumes.md"}
}

// firstPod is a claim of a class with WaitForFirstConsumer.
func (f Facts) firstPod(claim *v1.PersistentVolumeClaim) finding {
	found := finding{at: "pods", state: verdict.Waits, reason: WaitsForPod,
		says: "its class makes the volume with the first pod that uses the claim (volumeBindingMode WaitForFirstConsumer), and there is none",
		toDo: "make a pod that uses the claim"}
	if f.Pods.Err != nil {
		found.says = "its class makes the volume when the first pod that uses the claim is scheduled (volumeBindingMode WaitForFirstConsumer)"
	}
	if users := f.users(claim); len(users) > 0 {
		found.says = fmt.Sprintf("its class makes the volume when the first pod that uses the claim is scheduled (volumeBindingMode WaitForFirstConsumer), and %s is not yet", strings.Join(users, ", "))
		found.toDo = "see why it is not scheduled: kubectl describe pod " + users[0] + " -n " + claim.Namespace
	}
	return found
}

// secret is the key for heketi.
func (f Facts) secret(ref volume.SecretRef) finding {
	const at = "secret"
	switch {
	case f.Key.Err != nil:
		return untold(at, fmt.Sprintf("whether Secret %s has heketi's key", ref), f.Key.Err)
	case !f.Key.There:
		return finding{at: at, state: verdict.Wrong, reason: SecretMissing, says: fmt.Sprintf("Secret %s, which has heketi's key, does not exist", ref),
			toDo: "make it (examples/secret.yaml), and the claim goes on by itself"}
	case f.Key.Value.Problem != nil:
		return finding{at: at, state: verdict.Wrong, reason: SecretUnusable, says: f.Key.Value.Problem.Error(), toDo: "mend the Secret, and the claim goes on by itself"}
	}
	return finding{at: at, state: verdict.Fine, says: fmt.Sprintf("Secret %s has a key", ref)}
}

// lastTry is what the provisioner said of its last try for a claim, unless the class was made
// anew since. The class is nil if it could not be read.
func (f Facts) lastTry(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) finding {
	const at = "events"
	if f.Events.Err != nil {
		return untold(at, "what its events say", f.Events.Err)
	}
	failed := lastOf(f.Events.Value, "ProvisioningFailed")
	if failed == nil {
		return finding{at: at, state: verdict.Fine, says: "none of a try that failed"}
	}
	name, _ := classNamed(claim)
	message := strings.TrimPrefix(failed.Message, library.BeforeFailure(name))
	if class != nil && timeOf(failed).Before(class.CreationTimestamp.Time) {
		return finding{at: at, state: verdict.Fine, says: fmt.Sprintf("the last try that failed, at %s, was before the class was made again: %s", clock(timeOf(failed)), message)}
	}
	return finding{at: at, state: verdict.Wrong, reason: ProvisioningFailed,
		says: fmt.Sprintf("the volume cannot be made (%d times, last at %s): %s", timesOf(failed), clock(timeOf(failed)), message),
		toDo: "do what that says, and the claim is tried again by itself"}
}

// entry is whether the volume is in the making.
func (f Facts) entry() finding {
	const at = "journal"
	switch {
	case f.Entry.Err != nil:
		return untold(at, "whether its volume is in the making", f.Entry.Err)
	case !f.Entry.There:
		return finding{at: at, state: verdict.Fine, says: "no volume is in the making for it"}
	}
	entry := f.Entry.Value
	return finding{at: at, state: verdict.Waits, reason: InTheMaking, toDo: "wait",
		says: fmt.Sprintf("volume %s with GID %d is being made by heketi %s", entry.Volume, entry.GID, entry.Heketi.URL)}
}

// quiet is a claim that the provisioner has to make a volume for, and of which nothing is to be
// seen.
func (f Facts) quiet(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) finding {
	const at = "queue"
	switch {
	case f.isNew(claim):
		return finding{at: at, state: verdict.Waits, reason: JustMade, says: "it is new, and its turn comes", toDo: "wait"}
	case !library.IsDue(claim, f.Installed.Provisioner, class):
		return finding{at: at, state: verdict.Unknown, reason: NotAskedFor, says: "Kubernetes has not asked the provisioner for a volume",
			toDo: fmt.Sprintf("look whether kube-controller-manager runs, and at the claim's events: kubectl describe pvc %s -n %s", claim.Name, claim.Namespace)}
	}
	return finding{at: at, state: verdict.Unknown, reason: NothingSaid,
		says: "the provisioner was asked for a volume, and has neither begun nor said why not; it may be busy with many claims before this one",
		toDo: fmt.Sprintf("look into its log: kubectl -n %s logs deployment/%s", f.Installed.Namespace, installed.Deployment)}
}
