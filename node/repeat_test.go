package node

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// classes are mount options, and what has to be seen of them in the pod's mount.
var classes = map[string]struct {
	options []string
	want    string
}{
	"no options":        {nil, "rw"},
	"ro":                {[]string{"ro"}, "ro"},
	"ro, then rw":       {[]string{"ro", "rw"}, "rw"},
	"transport":         {[]string{"transport=tcp"}, "rw"},
	"transport and ro":  {[]string{"transport=tcp,ro"}, "ro"},
	"folder":            {[]string{"subdir-mount=sub"}, "rw"},
	"folder, transport": {[]string{"subdir-mount=sub/deep", "transport=tcp", "ro"}, "ro"},
	"the kernel's":      {[]string{"noexec", "nodev", "noatime"}, "rw,noexec,nodev,noatime"},
	"the kernel's, ro":  {[]string{"noexec,nodev,noatime,ro"}, "ro,noexec,nodev,noatime"},
	"of fstab":          {[]string{"defaults", "_netdev", "nofail"}, "rw"},
}

// interruptions are what was done for kubelet when the plugin was killed.
var interruptions = map[string][]func(*kubelet, context.Context) error{
	"nothing":                nil,
	"staged":                 {(*kubelet).stage},
	"killed before the bind": {(*kubelet).stage, (*kubelet).makeTarget},
	// The bind is made read-only in a second step.
	"killed between the bind and what makes it read-only": {(*kubelet).stage, (*kubelet).makeTarget, (*kubelet).bind},
	"published":                           {(*kubelet).stage, (*kubelet).publish},
	"published, and the client is dead":   {(*kubelet).stage, (*kubelet).publish, (*kubelet).killClients},
	"unpublished, but still staged":       {(*kubelet).stage, (*kubelet).publish, (*kubelet).unpublish},
	"killed before the folder is removed": {(*kubelet).stage, (*kubelet).publish, (*kubelet).unmountTarget},
}

// TestCallsCanBeRepeated stages and publishes, and does so again after kubelet and the plugin
// were restarted: with each kind of mount options, for pods that may write and that may not,
// after each interruption.
func TestCallsCanBeRepeated(t *testing.T) {
	for class, options := range classes {
		for _, readOnly := range []bool{false, true} {
			for interruption, steps := range interruptions {
				name := class + "/" + map[bool]string{false: "pod writes", true: "pod reads"}[readOnly] + "/" + interruption
				t.Run(name, func(t *testing.T) {
					k := newKubelet(t, options.options, readOnly)
					for _, step := range steps {
						if err := step(k, t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					want := options.want
					if readOnly {
						want = strings.Replace(want, "rw", "ro", 1)
					}
					k.mustRepeat(t, want)
				})
			}
		}
	}
}

// TestOtherVolumes has a client mount another volume, and another one be there already.
func TestOtherVolumes(t *testing.T) {
	k := newKubelet(t, nil, false)
	k.volume = "pvc-2"
	if err := k.stage(t.Context()); err == nil || !strings.Contains(err.Error(), "pvc-2") {
		t.Errorf("staging ended with %v, want that it names the volume that was mounted", err)
	}
	if left := k.mountsAt(t, k.staging); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// TestWriterInThePlaceOfAReader asks for a pod's volume in another way than it is there.
func TestWriterInThePlaceOfAReader(t *testing.T) {
	k := newKubelet(t, nil, true)
	if err := k.stage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.readOnly = false
	if err := k.publish(t.Context()); status.Code(err) != codes.AlreadyExists {
		t.Errorf("publishing ended with %v", err)
	}
}
