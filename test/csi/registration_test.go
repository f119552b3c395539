package csi

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	"glusterfs-provisioner/node"
	"glusterfs-provisioner/test/bench"
)

// TestRegistration asks as kubelet does when it finds the plugin's socket, also after
// somebody has tidied up.
func TestRegistration(t *testing.T) {
	p := startPlugin(t)
	socket := filepath.Join(p.kubeletDir, "plugins_registry", node.DriverName+"-reg.sock")
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	registration := registerapi.NewRegistrationClient(connection)
	info, err := registration.GetInfo(t.Context(), &registerapi.InfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Type != registerapi.CSIPlugin || info.Name != node.DriverName || info.Endpoint != p.socket() || !slices.Contains(info.SupportedVersions, "1.0.0") {
		t.Errorf("the plugin is %+v", info)
	}
	if ready := p.get(t, "/readyz"); strings.TrimSpace(ready) == "ok" {
		t.Error("the plugin is ready before it is registered")
	}
	if _, err := registration.NotifyRegistrationStatus(t.Context(), &registerapi.RegistrationStatus{PluginRegistered: true}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/readyz", "/livez", "/healthz"} {
		if answer := p.get(t, path); strings.TrimSpace(answer) != "ok" {
			t.Errorf("%s says %s", path, answer)
		}
	}
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, patience, func(context.Context) error {
		_, err := os.Stat(socket)
		return err
	})
	if _, err := registration.GetInfo(t.Context(), &registerapi.InfoRequest{}); err != nil {
		t.Error(err)
	}
}
