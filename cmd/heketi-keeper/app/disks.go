package app

import (
	"context"
	"fmt"
	"net/http"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/keeper/heketiapi"
	"glusterfs-provisioner/keeper/reconciler"
	"glusterfs-provisioner/provisioner/events"
)

// disksWork sees to the disks of GlusterClusters.
type disksWork struct {
	// work is nil if nobody has asked for it.
	work  func(ctx context.Context, api http.RoundTripper)
	close func()
}

func (o *Options) disks(config *rest.Config, client kubernetes.Interface, metrics *metrics) (disksWork, error) {
	if !o.Disks {
		return disksWork{close: func() {}}, nil
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return disksWork{}, fmt.Errorf("cannot set up a client for GlusterClusters: %w", err)
	}
	broadcaster := record.NewBroadcaster()
	broadcaster.StartRecordingToSink(&corev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: name})
	work := func(ctx context.Context, api http.RoundTripper) {
		reconciler.New(reconciler.Config{
			Client: client, Objects: objects, Namespace: o.Namespace, Name: o.Name,
			Heketi: heketiapi.New(api, o.keys), Events: events.Fitting(recorder), Observe: metrics.observeDisks,
		}).Run(ctx)
	}
	return disksWork{work, broadcaster.Shutdown}, nil
}
