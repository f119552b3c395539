package app

import (
	"context"
	"path"
	"time"

	"google.golang.org/grpc"
	"k8s.io/klog/v2"
)

// callBound is how long a call may take whose caller set no bound. kubelet's is two
// minutes.
const callBound = 3 * time.Minute

// bound ends calls that take too long.
func bound(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, callBound)
	defer cancel()
	return handle(ctx, request)
}

// logFailure logs calls that fail. kubelet tells the reason in an event of the pod, but
// not of the pods that have been deleted by then.
func logFailure(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	response, err := handle(ctx, request)
	if err != nil {
		var volume string
		if r, ok := request.(interface{ GetVolumeId() string }); ok {
			volume = r.GetVolumeId()
		}
		klog.ErrorS(err, "A call failed", "method", path.Base(info.FullMethod), "volumeHandle", volume)
	}
	return response, err
}
