package csi

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"

	"glusterfs-provisioner/test/bench"
)

// TestSanity runs the tests of the Kubernetes project for CSI drivers. They use only
// volumes that a driver has made, so calls go through one that makes volumes, too.
func TestSanity(t *testing.T) {
	p := startPlugin(t)
	socket := filepath.Join(t.TempDir(), "csi.sock")
	serveWithVolumes(t, p, socket)
	for _, service := range []string{"Identity Service", "Node Service"} {
		t.Run(service, func(t *testing.T) { runSanity(t, p, socket, service) })
	}
}

// runSanity runs the tests of a service, of which there has to be one.
func runSanity(t *testing.T, p *plugin, socket, service string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	output, err := bench.Run(ctx, nil, env.sanity,
		"--csi.endpoint="+socket,
		"--csi.mountdir="+filepath.Join(p.kubeletDir, "sanity-target"),
		"--csi.stagingdir="+filepath.Join(p.kubeletDir, "sanity-staging"),
		"--ginkgo.focus="+service, "--ginkgo.fail-on-empty",
		"--ginkgo.no-color", "--ginkgo.v",
	)
	report := filepath.Join(env.logs, "csi-sanity-"+strings.ReplaceAll(service, " ", "-")+".log")
	if err := os.WriteFile(report, output, 0o600); err != nil {
		t.Error(err)
	}
	t.Logf("the report is in %s", report)
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// volumeMaker is the service that makes and deletes volumes.
type volumeMaker struct {
	csi.UnimplementedControllerServer

	mu   sync.Mutex
	made map[string]glusterVolume
}

// serveWithVolumes serves the plugin's services, and one that makes and deletes volumes.
func serveWithVolumes(t *testing.T, p *plugin, path string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	csi.RegisterControllerServer(server, &volumeMaker{made: map[string]glusterVolume{}})
	csi.RegisterIdentityServer(server, identity{csi.NewIdentityClient(p.connection)})
	csi.RegisterNodeServer(server, forwarder{p.node()})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
}

func (s *volumeMaker) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	return &csi.ControllerGetCapabilitiesResponse{Capabilities: []*csi.ControllerServiceCapability{{
		Type: &csi.ControllerServiceCapability_Rpc{Rpc: &csi.ControllerServiceCapability_RPC{Type: csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME}},
	}}}, nil
}

func (s *volumeMaker) CreateVolume(ctx context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, found := s.made[request.Name]
	if !found {
		var err error
		if v, err = makeVolume(ctx, env.hosts.All()); err != nil {
			return nil, err
		}
		s.made[request.Name] = v
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId: v.handle, VolumeContext: v.attributes, CapacityBytes: request.GetCapacityRange().GetRequiredBytes(),
	}}, nil
}

func (s *volumeMaker) DeleteVolume(ctx context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, v := range s.made {
		if v.handle == request.VolumeId {
			if err := removeVolume(ctx, v.name); err != nil {
				return nil, err
			}
			delete(s.made, name)
		}
	}
	return &csi.DeleteVolumeResponse{}, nil
}
