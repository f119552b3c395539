package app

import (
	"context"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/klog/v2"
)

// newServer returns a server whose calls are bounded, and told if they fail. What is given
// comes before that.
func newServer(first ...grpc.UnaryServerInterceptor) *grpc.Server {
	return grpc.NewServer(grpc.ChainUnaryInterceptor(append(first, tellVolume, logFailure, bound, survive)...))
}

// survive answers a call that panics. Otherwise it would end the plugin, and with it, if the
// client is the container's, all volumes of the node.
func survive(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (response any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			klog.FromContext(ctx).Error(nil, "A call panicked", "method", path.Base(info.FullMethod), "reason", reason, "stack", string(debug.Stack()))
			response, err = nil, status.Errorf(codes.Internal, "the node plugin has a defect, which its log tells of: %v", reason)
		}
	}()
	return handle(ctx, request)
}

// callBound is how long a call may take whose caller set no bound. kubelet's is two
// minutes.
const callBound = 3 * time.Minute

// bound ends calls that take too long.
func bound(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, callBound)
	defer cancel()
	return handle(ctx, request)
}

// tellVolume has each line of the log tell which volume a call is about, by heketi's ids, as the
// provisioner's log does.
func tellVolume(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if of, ok := request.(interface{ GetVolumeId() string }); ok {
		cluster, id, _ := strings.Cut(of.GetVolumeId(), ":")
		ctx = klog.NewContext(ctx, klog.FromContext(ctx).WithValues("volumeID", id, "cluster", cluster))
	}
	return handle(ctx, request)
}

// logFailure logs calls that fail. kubelet tells the reason in an event of the pod, but
// not of the pods that have been deleted by then.
func logFailure(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	response, err := handle(ctx, request)
	if err != nil {
		klog.FromContext(ctx).Error(err, "A call failed", "method", path.Base(info.FullMethod))
	}
	return response, err
}
