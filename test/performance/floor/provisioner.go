package main

import (
	"context"
	"fmt"
	"sync/atomic"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/cmd/glusterfs-provisioner/app"
	"glusterfs-provisioner/provisioner/volume"
)

// firstGID is the first that a PersistentVolume gets.
const firstGID = 2000

// provision runs the library's controller, set up as our provisioner's, until the
// context ends.
func provision(ctx context.Context, client kubernetes.Interface, options *app.Options, source volume.Source) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	claims, volumes := factory.Core().V1().PersistentVolumeClaims().Informer(), factory.Core().V1().PersistentVolumes().Informer()
	classes := factory.Storage().V1().StorageClasses().Informer()
	library := controller.NewProvisionController(client, options.ProvisionerName, &floor{source: source},
		controller.LeaderElection(false),
		controller.Threadiness(options.WorkerThreads),
		controller.RateLimiter(retry(options)),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
		controller.CreateProvisionedPVLimiter(retry(options)),
		// It would be a write more for each deletion, and there is nothing to protect.
		controller.AddFinalizer(false),
		controller.ClaimsInformer(claims),
		controller.VolumesInformer(volumes),
		controller.ClassesInformer(classes),
	)
	factory.Start(ctx.Done())
	for kind, filled := range factory.WaitForCacheSync(ctx.Done()) {
		if !filled {
			return fmt.Errorf("cannot list %v: %w", kind, context.Cause(ctx))
		}
	}
	// It never returns, not even when its context ends.
	go library.Run(ctx)
	<-ctx.Done()
	return nil
}

func retry(options *app.Options) workqueue.RateLimiter {
	return workqueue.NewItemExponentialFailureRateLimiter(options.RetryIntervalStart, options.RetryIntervalMax)
}

// floor makes and deletes nothing, which takes no time.
type floor struct {
	source volume.Source
	made   atomic.Uint32
}

// Provision returns a PersistentVolume that costs Kubernetes as much as one of ours.
func (f *floor) Provision(_ context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	const heketisID = "0123456789abcdef0123456789abcdef"
	claim := options.PVC
	return volume.Build(options.PVName, volume.Made{
		Source: f.source,
		Heketi: volume.Heketi{
			URL: "http://127.0.0.1:1", User: "admin",
			Secret: &volume.SecretRef{Namespace: options.StorageClass.Parameters["secretNamespace"], Name: options.StorageClass.Parameters["secretName"]},
		},
		ID:                 heketisID,
		Cluster:            heketisID,
		Name:               options.PVName,
		SizeGiB:            1,
		GID:                firstGID + f.made.Add(1),
		EndpointsNamespace: claim.Namespace,
		EndpointsName:      volume.EndpointsName("glusterfs-dynamic", claim.UID),
		Hosts:              []string{"192.168.10.1", "192.168.10.2", "192.168.10.3"},
	}, claim, options.StorageClass), controller.ProvisioningFinished, nil
}

// Delete has nothing to delete.
func (f *floor) Delete(context.Context, *v1.PersistentVolume) error { return nil }
