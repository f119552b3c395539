package registration

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/klog/v2"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// csiVersions are the versions of CSI that kubelet may speak with the driver.
var csiVersions = []string{"1.0.0"}

// Registration is what kubelet asks for the driver. It is safe for concurrent use.
type Registration struct {
	driver, endpoint string

	mu  sync.Mutex
	err error
}

// New returns the registration of a driver whose services are at an endpoint, a path
// of the node.
func New(driver, endpoint string) *Registration {
	return &Registration{
		driver: driver, endpoint: endpoint,
		err: fmt.Errorf("kubelet has not registered the driver yet"),
	}
}

// SocketName is the name of the driver's socket in the folder that kubelet looks in.
func (r *Registration) SocketName() string { return r.driver + "-reg.sock" }

// Registered returns no error if kubelet has registered the driver.
func (r *Registration) Registered() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// GetInfo tells kubelet about the driver.
func (r *Registration) GetInfo(context.Context, *registerapi.InfoRequest) (*registerapi.PluginInfo, error) {
	return &registerapi.PluginInfo{
		Type: registerapi.CSIPlugin, Name: r.driver, Endpoint: r.endpoint, SupportedVersions: csiVersions,
	}, nil
}

// NotifyRegistrationStatus takes what came of it. kubelet tries again by itself.
func (r *Registration) NotifyRegistrationStatus(_ context.Context, status *registerapi.RegistrationStatus) (*registerapi.RegistrationStatusResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err = nil; !status.PluginRegistered {
		r.err = fmt.Errorf("kubelet does not register the driver: %s", status.Error)
		klog.ErrorS(r.err, "Not registered")
	} else {
		klog.InfoS("kubelet has registered the driver", "driver", r.driver)
	}
	return &registerapi.RegistrationStatusResponse{}, nil
}
