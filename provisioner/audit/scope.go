package audit

// Scope is what an audit asks.
type Scope int

const (
	// OfHeketis compares heketis' databases with Kubernetes.
	OfHeketis Scope = iota
	// OfGluster compares them with what gluster has on the storage hosts, too.
	OfGluster
)
