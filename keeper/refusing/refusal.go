package refusing

import "k8s.io/client-go/kubernetes"

// Refusal says which databases are refused.
type Refusal struct {
	Client kubernetes.Interface
	// Namespace is where the database is saved, and Name under which name.
	Namespace, Name string
	// OtherHeketis are base URLs of heketis whose PersistentVolumes tell nothing of this one; Unrecorded among them
	// stands for PersistentVolumes that name no heketi.
	OtherHeketis []string
	// AcceptGeneration is a generation of the database that is not refused although it is not the latest; 0 for none.
	AcceptGeneration int64
}
