package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// patience bounds each wait.
const patience = 2 * time.Minute

// exampleURL is what examples/class.yaml has for resturl.
const exampleURL = "http://heketi.example.com:8080"

// provision makes a class and a claim, and shows how the claim becomes Bound.
func (s *stage) provision(ctx context.Context) error {
	s.say("A Secret with heketi's key, a StorageClass, and a claim")
	if err := s.apply(ctx, "secret.yaml", "adminkey", s.heketi.AdminKey()); err != nil {
		return err
	}
	if err := s.apply(ctx, "class.yaml", exampleURL, s.heketi.URL()); err != nil {
		return err
	}
	if err := s.apply(ctx, "claim.yaml"); err != nil {
		return err
	}
	s.say("Nobody provisions yet, so the claim is Pending")
	if err := s.run(ctx, "get", "pvc", "pictures"); err != nil {
		return err
	}
	s.say("Building and starting the provisioner")
	if err := s.startProvisioner(ctx); err != nil {
		return err
	}
	if err := s.waitFor(ctx, "Bound", "get", "pvc", "pictures", "-o", "jsonpath={.status.phase}"); err != nil {
		return fmt.Errorf("%w\nthe provisioner's log:\n%s", err, s.provisioner.Output())
	}
	return s.show(ctx)
}

// show prints what the claim became.
func (s *stage) show(ctx context.Context) error {
	s.say("The claim is Bound; this is its volume, and the gluster nodes that pods mount it from")
	for _, command := range [][]string{
		{"get", "pvc,pv"},
		s.servers(),
		{"get", "events", "--field-selector", "involvedObject.name=pictures", "-o", "custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message"},
		{"get", "pv", "-o", "yaml"},
	} {
		if err := s.run(ctx, command...); err != nil {
			return err
		}
	}
	s.say("The volume as heketi tells it")
	id, err := s.cluster.Kubectl(ctx, "get", "pv", "-o",
		"jsonpath={.items[0].metadata.annotations."+strings.ReplaceAll(volume.AnnotationVolumeID, ".", `\.`)+"}")
	if err != nil {
		return err
	}
	return s.ask(ctx, "volume", "info", string(id))
}

// servers asks for the ConfigMap that lists the gluster nodes.
func (s *stage) servers() []string {
	return []string{"-n", namespace, "get", "configmaps", "-l", "gluster.org/heketi-cluster"}
}

// remove deletes the claim and shows that nothing is left.
func (s *stage) remove(ctx context.Context) error {
	s.say("Deleting the claim, which deletes all of that")
	if err := s.run(ctx, "delete", "pvc", "--all"); err != nil {
		return err
	}
	if err := s.waitFor(ctx, "", "get", "pv", "-o", "name"); err != nil {
		return err
	}
	if err := s.run(ctx, "get", "pvc,pv"); err != nil {
		return err
	}
	if err := s.waitFor(ctx, "", append(s.servers(), "-o", "name")...); err != nil {
		return err
	}
	if err := s.run(ctx, s.servers()...); err != nil {
		return err
	}
	s.say("heketi has no volume any more")
	if err := s.ask(ctx, "volume", "list"); err != nil {
		return err
	}
	s.say("That was it. Cleaning up.")
	return nil
}

// waitFor waits until kubectl prints just that.
func (s *stage) waitFor(ctx context.Context, want string, args ...string) error {
	return bench.Until(ctx, patience, func(ctx context.Context) error {
		output, err := s.cluster.Kubectl(ctx, args...)
		if err != nil {
			return err
		}
		if got := strings.TrimSpace(string(output)); got != want {
			return fmt.Errorf("kubectl %s prints %q, not %q", strings.Join(args, " "), got, want)
		}
		return nil
	})
}
