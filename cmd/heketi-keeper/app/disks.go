package app

import (
	"context"
	"fmt"
	"net/http"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	keeperdisks "glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/heketiapi"
	"glusterfs-provisioner/keeper/maintenance"
	"glusterfs-provisioner/keeper/reconciler"
	"glusterfs-provisioner/provisioner/podexec"
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
	recorder, end := newRecorder(client, "")
	// The next keeper of this heketi counts as the same one. There is one at a time.
	lease := maintenance.New(client.CoordinationV1(), o.Namespace, fmt.Sprintf("the keeper of heketi %s/%s", o.Namespace, o.Name))
	work := func(ctx context.Context, api http.RoundTripper) {
		reconciler.New(reconciler.Config{
			Client: client, Objects: objects, Namespace: o.Namespace, Name: o.Name,
			Heketi: heketiapi.New(api, o.keys), Events: recorder, Lease: lease, Observe: metrics.observeDisks,
			Run: func(ctx context.Context, pod keeperdisks.Pod, words []string) ([]byte, error) {
				return podexec.Printed(ctx, client, config, podexec.Container{Namespace: o.Namespace, Pod: pod.Name, Name: pod.Container}, words)
			},
		}).Run(ctx)
	}
	return disksWork{work, func() {
		lease.Abandon()
		end()
	}}, nil
}
