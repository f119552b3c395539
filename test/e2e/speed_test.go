package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"glusterfs-provisioner/test/bench"
)

const (
	// manyVolumes is how many volumes are wanted at once, as a measurement.
	manyVolumes = 16
	// callers is how many requests heketi takes at once.
	callers = 8
	// rounds is how often the provisioner is compared with heketi's client at most.
	rounds = 3
	// manyBound is how long they may take.
	manyBound = 5 * time.Minute
)

// TestSpeed makes the same volumes with the plugin that Kubernetes had, with heketi's
// own client, and with the provisioner. The provisioner may take a tenth longer than
// heketi's client, which has no Kubernetes to tell. Each takes some ten seconds, in
// which anything else on the machine counts, so the two have up to three rounds; a
// provisioner that is slower is so in each.
func TestSpeed(t *testing.T) {
	if version() != bench.OldestKubernetes {
		t.Skip("left out: only the last Kubernetes that has the plugin can be compared with it")
	}
	t.Logf("%d volumes of 1 GiB, replicate:3", manyVolumes)
	t.Logf("the in-tree plugin %s", timeOfClaims(t, "kubernetes.io/glusterfs"))
	for range rounds {
		own, ours := timeOfHeketi(t), timeOfClaims(t, "gluster.org/glusterfs")
		t.Logf("heketi's own client with %d callers %s, the provisioner %s", callers, own, ours)
		if ours <= own*11/10 {
			return
		}
	}
	t.Error("the provisioner took more than a tenth longer in each round")
}

// timeOfHeketi is how long heketi's own client takes.
func timeOfHeketi(t *testing.T) time.Duration {
	t.Helper()
	client := env.heketi.Client()
	ids := make([]string, manyVolumes)
	each := func(do func(int) error) error {
		var calls errgroup.Group
		calls.SetLimit(callers)
		done := make(chan error, 1)
		go func() {
			for i := range manyVolumes {
				calls.Go(func() error { return do(i) })
			}
			done <- calls.Wait()
		}()
		select {
		case err := <-done:
			return err
		case <-time.After(manyBound):
			// Its client knows no context.
			return fmt.Errorf("heketi's own client is not done after %s", manyBound)
		}
	}
	settleDisks()
	start := time.Now()
	err := each(func(i int) error {
		request := &api.VolumeCreateRequest{Size: 1, Gid: int64(2000 + i), GlusterVolumeOptions: []string{"cluster.lookup-optimize off"}}
		request.Durability.Type = api.DurabilityReplicate
		request.Durability.Replicate.Replica = 3
		volume, err := client.VolumeCreate(request)
		if err == nil {
			ids[i] = volume.Id
		}
		return err
	})
	took := time.Since(start)
	if err := errors.Join(err, each(func(i int) error { return client.VolumeDelete(ids[i]) })); err != nil {
		t.Fatal(err)
	}
	return took.Round(100 * time.Millisecond)
}

// timeOfClaims is how long it takes until claims are Bound that are made at once.
func timeOfClaims(t *testing.T, provisioner string) time.Duration {
	t.Helper()
	var took time.Duration
	t.Run(provisioner, func(t *testing.T) {
		makeClass(t, "many", nil, func(class *storagev1.StorageClass) {
			class.Provisioner = provisioner
			// The plugin only takes its own.
			makeSecretOf(t, "many", provisioner)
			class.Parameters["secretName"] = "many"
		})
		makeNamespace(t, "many")
		settleDisks()
		start := time.Now()
		for i := range manyVolumes {
			makeClaim(t, claim{namespace: "many", name: fmt.Sprintf("claim-%d", i), class: "many"})
		}
		bench.Eventually(t, manyBound, allBound)
		took = time.Since(start)
	})
	return took.Round(100 * time.Millisecond)
}

// settleDisks has the disks write what they have yet to, such as of volumes that were
// just deleted: nobody has to wait for what others have left.
func settleDisks() { unix.Sync() }

func allBound(ctx context.Context) error {
	claims, err := env.client.CoreV1().PersistentVolumeClaims("many").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, claim := range claims.Items {
		if claim.Status.Phase != v1.ClaimBound {
			return fmt.Errorf("the claim %s is %s, want Bound", claim.Name, claim.Status.Phase)
		}
	}
	return nil
}

// makeSecretOf makes a Secret with heketi's key, of the type that a provisioner
// takes, which goes with the test.
func makeSecretOf(t *testing.T, name, provisioner string) {
	t.Helper()
	secret := &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: ourNamespace, Name: name},
		Type:       v1.SecretType(provisioner),
		StringData: map[string]string{"key": env.heketi.AdminKey()},
	}
	secrets := env.client.CoreV1().Secrets(ourNamespace)
	if _, err := secrets.Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kubectlAfter(t, "delete", "secret", "--namespace="+ourNamespace, name) })
}
