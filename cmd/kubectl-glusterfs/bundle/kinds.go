package bundle

import "k8s.io/apimachinery/pkg/runtime/schema"

func kindOf(group, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}
}

// The kinds of objects that are gathered.
var (
	storageClasses    = kindOf("storage.k8s.io", "storageclasses")
	csiNodes          = kindOf("storage.k8s.io", "csinodes")
	leases            = kindOf("coordination.k8s.io", "leases")
	persistentVolumes = kindOf("", "persistentvolumes")
	claims            = kindOf("", "persistentvolumeclaims")
	events            = kindOf("", "events")
	configMaps        = kindOf("", "configmaps")
	pods              = kindOf("", "pods")
	nodes             = kindOf("", "nodes")
	services          = kindOf("", "services")
	daemonSets        = kindOf("apps", "daemonsets")
	deployments       = kindOf("apps", "deployments")
)
