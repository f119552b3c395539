package app

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"
)

// defective is a driver with a defect.
type defective struct {
	csi.UnimplementedNodeServer
}

func (*defective) NodeUnstageVolume(_ context.Context, request *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	_ = request.VolumeId[len(request.VolumeId)]
	return &csi.NodeUnstageVolumeResponse{}, nil
}

func (*defective) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: "node"}, nil
}

// TestPluginOutlivesAPanic makes a call that panics, and another one that does not.
func TestPluginOutlivesAPanic(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "csi.sock")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer()
	csi.RegisterNodeServer(server, &defective{})
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	client := csi.NewNodeClient(connection)
	if _, err := client.NodeUnstageVolume(t.Context(), &csi.NodeUnstageVolumeRequest{}); status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("the call ended with %v", err)
	}
	if info, err := client.NodeGetInfo(t.Context(), &csi.NodeGetInfoRequest{}); err != nil || info.GetNodeId() != "node" {
		t.Errorf("the next call ended with %v, %v", info, err)
	}
}

// TestLogTellsTheVolume has a call for a volume, and one for none, log a line on the way.
func TestLogTellsTheVolume(t *testing.T) {
	for want, request := range map[string]any{
		`Mounted volumeID="2" cluster="1"`: &csi.NodeStageVolumeRequest{VolumeId: "1:2"},
		"Mounted":                          &csi.NodeGetInfoRequest{},
	} {
		logger := ktesting.NewLogger(t, ktesting.NewConfig(ktesting.BufferLogs(true)))
		_, err := tellVolume(klog.NewContext(t.Context(), logger), request, nil, func(ctx context.Context, _ any) (any, error) {
			klog.FromContext(ctx).Info("Mounted")
			return nil, nil
		})
		logged := logger.GetSink().(ktesting.Underlier).GetBuffer().String()
		if err != nil || !strings.HasSuffix(logged, want+"\n") {
			t.Errorf("logged is %q, want %q", logged, want)
		}
	}
}
