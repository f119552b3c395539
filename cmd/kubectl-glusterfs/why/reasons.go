package why

// The reasons of answers, which docs/kubectl-glusterfs.md tells.
const (
	// NotTold is that the API server did not tell what had to be known.
	NotTold Reason = "NotTold"
	// NoClaim is that there is no such claim.
	NoClaim Reason = "NoClaim"

	// NoClass is a claim that names no class where there is no default one.
	NoClass Reason = "NoClass"
	// ClassMissing is a class that does not exist.
	ClassMissing Reason = "ClassMissing"
	// ClassOfAnother is a class that names another provisioner.
	ClassOfAnother Reason = "ClassOfAnother"
	// ClassInvalid is a class that no volume can be made for.
	ClassInvalid Reason = "ClassInvalid"

	// WaitsForPod is a claim that gets its volume with the first pod that uses it.
	WaitsForPod Reason = "WaitsForPod"
	// NotAskedFor is a claim that Kubernetes has not handed to the provisioner.
	NotAskedFor Reason = "NotAskedFor"
	// NoLeader is that no provisioner works.
	NoLeader Reason = "NoLeader"
	// SecretMissing and SecretUnusable are that there is no key for heketi.
	SecretMissing  Reason = "SecretMissing"
	SecretUnusable Reason = "SecretUnusable"
	// ProvisioningFailed is what the provisioner said of its last try.
	ProvisioningFailed Reason = "ProvisioningFailed"
	// InTheMaking is that heketi makes the volume.
	InTheMaking Reason = "InTheMaking"
	// JustMade is a claim that nobody can have worked on yet, and NothingSaid one that somebody
	// should have.
	JustMade    Reason = "JustMade"
	NothingSaid Reason = "NothingSaid"
	// Binding is that Kubernetes has to bind the claim and its PersistentVolume.
	Binding Reason = "Binding"

	// Bound is a claim with which nothing is wrong.
	Bound Reason = "Bound"
	// BoundToOther is one whose volume is none of GlusterFS.
	BoundToOther Reason = "BoundToOther"
	// NotMountable is a volume that no kubelet mounts.
	NotMountable Reason = "NotMountable"
	// NotRecorded is a PersistentVolume that does not say what its volume is.
	NotRecorded Reason = "NotRecorded"
	// Growing is a volume that gets larger, CannotGrow one that should and does not.
	Growing    Reason = "Growing"
	CannotGrow Reason = "CannotGrow"

	// VolumeMissing is a PersistentVolume that the claim names and that does not exist.
	VolumeMissing Reason = "VolumeMissing"
	// VolumeTaken is one that is another claim's.
	VolumeTaken Reason = "VolumeTaken"
	// VolumeGoing is one that is deleted while the claim has it.
	VolumeGoing Reason = "VolumeGoing"
	// Converted is one that is being replaced by another.
	Converted Reason = "Converted"

	// UsedByPods is a claim that is deleted when no pod uses it any more.
	UsedByPods Reason = "UsedByPods"
	// Finalizers is one that somebody holds.
	Finalizers Reason = "Finalizers"
	// Deleted is one whose deletion goes on.
	Deleted Reason = "Deleted"
	// VolumeRetained, VolumeDeleted and VolumeNotDeleted are claims that are gone, by what
	// becomes of their volumes.
	VolumeRetained   Reason = "VolumeRetained"
	VolumeDeleted    Reason = "VolumeDeleted"
	VolumeNotDeleted Reason = "VolumeNotDeleted"
)
