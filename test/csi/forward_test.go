package csi

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

// identity passes calls on, and says that there is a service that makes volumes.
type identity struct{ to csi.IdentityClient }

func (i identity) GetPluginInfo(ctx context.Context, request *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return i.to.GetPluginInfo(ctx, request)
}

func (i identity) Probe(ctx context.Context, request *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return i.to.Probe(ctx, request)
}

func (i identity) GetPluginCapabilities(ctx context.Context, request *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	response, err := i.to.GetPluginCapabilities(ctx, request)
	if err == nil {
		response.Capabilities = append(response.Capabilities, &csi.PluginCapability{
			Type: &csi.PluginCapability_Service_{Service: &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_CONTROLLER_SERVICE}},
		})
	}
	return response, err
}

// forwarder passes calls on.
type forwarder struct{ to csi.NodeClient }

func (f forwarder) NodeStageVolume(ctx context.Context, request *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
	return f.to.NodeStageVolume(ctx, request)
}

func (f forwarder) NodeUnstageVolume(ctx context.Context, request *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	return f.to.NodeUnstageVolume(ctx, request)
}

func (f forwarder) NodePublishVolume(ctx context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	return f.to.NodePublishVolume(ctx, request)
}

func (f forwarder) NodeUnpublishVolume(ctx context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	return f.to.NodeUnpublishVolume(ctx, request)
}

func (f forwarder) NodeGetVolumeStats(ctx context.Context, request *csi.NodeGetVolumeStatsRequest) (*csi.NodeGetVolumeStatsResponse, error) {
	return f.to.NodeGetVolumeStats(ctx, request)
}

func (f forwarder) NodeExpandVolume(ctx context.Context, request *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	return f.to.NodeExpandVolume(ctx, request)
}

func (f forwarder) NodeGetCapabilities(ctx context.Context, request *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	return f.to.NodeGetCapabilities(ctx, request)
}

func (f forwarder) NodeGetInfo(ctx context.Context, request *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return f.to.NodeGetInfo(ctx, request)
}
