package node

import (
	"slices"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestOnePodAlone publishes a volume to a second pod, in each mode of access.
func TestOnePodAlone(t *testing.T) {
	for mode, want := range map[csi.VolumeCapability_AccessMode_Mode]codes.Code{
		csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER: codes.FailedPrecondition,
		csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER:  codes.OK,
		csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:   codes.OK,
		csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER:        codes.OK,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			k := newKubelet(t, nil, false)
			k.mode = mode
			k.give(t)
			first := k.target
			k.kill()
			if err := k.publish(t.Context()); err != nil {
				t.Fatalf("the first pod does not get the volume again: %v", err)
			}
			k.target = k.targetOf(t, "second")
			if err := k.publish(t.Context()); status.Code(err) != want {
				t.Errorf("publishing to a second pod ended with %v, want %s", err, want)
			}
			if got := len(k.mountsAt(t, k.target)) > 0; got != (want == codes.OK) {
				t.Errorf("whether the second pod has the volume is %t", got)
			}
			k.target = first
			if err := k.unpublish(t.Context()); err != nil {
				t.Fatal(err)
			}
			k.target = k.targetOf(t, "second")
			if err := k.publish(t.Context()); err != nil {
				t.Errorf("the second pod does not get the volume after the first: %v", err)
			}
			if places := []string{k.staging, k.target}; slices.ContainsFunc(places, func(path string) bool { return len(k.mountsAt(t, path)) != 1 }) {
				t.Error("the second pod has it not once")
			}
		})
	}
}
