package keeper

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/test/bench"
)

// provisioners is the namespace and the account of the provisioners.
const provisioners = "glusterfs-provisioner"

// provisioning is a provisioner whose heketi has a keeper, which reaches the API server through a proxy.
type provisioning struct {
	place  *place
	proxy  *bench.Proxy
	keeper *keeper
	// address is the keeper's, which stays when it is replaced, as a Service's does.
	address string
	class   string
	claims  []string
}

// newProvisioning starts keeper and provisioner, and makes a class.
func newProvisioning(t *testing.T) *provisioning {
	t.Helper()
	port, release, err := bench.ReservePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
	p := &provisioning{proxy: newProxy(t), address: fmt.Sprintf("127.0.0.1:%d", port), class: unique("class")}
	p.place = newPlace(t, p.proxy)
	p.startKeeper(t, t.TempDir())
	addNodes(t, p.keeper.client(t))

	ctx, options := t.Context(), metav1.CreateOptions{}
	must[*v1.Secret](t)(env.client.CoreV1().Secrets(p.place.namespace).Create(ctx, &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "key"}, Type: "gluster.org/glusterfs", StringData: map[string]string{"key": p.place.key},
	}, options))
	grows := true
	must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: p.class}, Provisioner: "test.gluster.org/" + p.class, AllowVolumeExpansion: &grows,
		Parameters: map[string]string{
			"resturl": "http://" + p.address, "restuser": "admin", "secretName": "key", "secretNamespace": p.place.namespace,
		},
	}, options))
	startProvisioner(t, "test.gluster.org/"+p.class)
	return p
}

// startKeeper starts a keeper at the address. It keeps the Lease while the API server is away in the tests.
func (p *provisioning) startKeeper(t *testing.T, folder string) {
	t.Helper()
	p.keeper = p.place.start(t, folder, "--api-address="+p.address, "--save-timeout=2s",
		"--leader-elect-lease-duration=5m", "--leader-elect-renew-deadline=4m")
}

// startProvisioner starts a provisioner, to be killed at the test's end.
func startProvisioner(t *testing.T, name string) {
	t.Helper()
	process := must[*bench.Process](t)(bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: env.provisioner, Log: filepath.Join(env.logs, unique("provisioner")+".log"),
		Args: []string{
			"--kubeconfig=" + must[string](t)(env.cluster.ServiceAccountKubeconfig(t.Context(), provisioners, provisioners)),
			"--namespace=" + provisioners, "--provisioner-name=" + name, "--http-address=127.0.0.1:0", "--v=2",
			"--heketi-request-timeout=10s", "--heketi-operation-timeout=20s", "--gluster-settle-time=1s",
			"--retry-interval-start=200ms", "--retry-interval-max=1s",
		},
		Env: append(os.Environ(), "GORACE=halt_on_error=1 exitcode=66"),
	}))
	t.Cleanup(func() {
		select {
		case <-process.Ended():
			t.Error("the provisioner has ended")
		default:
		}
		if err := process.Kill(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of the provisioner:\n%s", process.Output())
		}
	})
}

// claim makes claims.
func (p *provisioning) claim(t *testing.T, count int) {
	t.Helper()
	for range count {
		name := unique("claim")
		must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(p.place.namespace).Create(t.Context(), &v1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1.PersistentVolumeClaimSpec{
				StorageClassName: &p.class, AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteMany},
				Resources: v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}},
			},
		}, metav1.CreateOptions{}))
		p.claims = append(p.claims, name)
	}
}

// grow has all claims request a size.
func (p *provisioning) grow(t *testing.T, gib int) {
	t.Helper()
	request := fmt.Appendf(nil, `{"spec":{"resources":{"requests":{"storage":"%dGi"}}}}`, gib)
	for _, name := range p.claims {
		must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(p.place.namespace).Patch(
			t.Context(), name, types.MergePatchType, request, metav1.PatchOptions{}))
	}
}

// unclaim deletes all claims.
func (p *provisioning) unclaim(t *testing.T) {
	t.Helper()
	for _, name := range p.claims {
		if err := env.client.CoreV1().PersistentVolumeClaims(p.place.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	p.claims = nil
}

// waitSettled waits until each claim has a volume of that size, and heketi has these volumes and nothing else,
// neither begun nor left.
func (p *provisioning) waitSettled(t *testing.T, gib int) {
	t.Helper()
	client := p.keeper.client(t)
	bench.Eventually(t, 2*soon, func(ctx context.Context) error {
		claimed, err := p.claimed(ctx, gib)
		if err != nil {
			return err
		}
		return p.compare(client, claimed)
	})
}

// claimed returns the sizes, in GiB, of what claims are bound to, by heketi's ids.
func (p *provisioning) claimed(ctx context.Context, gib int) (sizes map[string]int, err error) {
	claims, err := env.client.CoreV1().PersistentVolumeClaims(p.place.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	if len(claims.Items) != len(p.claims) {
		return nil, fmt.Errorf("there are %d claims, want %d", len(claims.Items), len(p.claims))
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		if size := claim.Status.Capacity.Storage(); claim.Status.Phase != v1.ClaimBound || size.Value() != int64(gib)<<30 {
			return nil, fmt.Errorf("claim %s is %s, with %v", claim.Name, claim.Status.Phase, size)
		}
	}
	if sizes, err = p.sizes(ctx); err == nil && len(sizes) != len(p.claims) {
		err = fmt.Errorf("the PersistentVolumes are of %d volumes, want %d", len(sizes), len(p.claims))
	}
	return sizes, err
}

// sizes returns those of the PersistentVolumes, in GiB, by heketi's ids.
func (p *provisioning) sizes(ctx context.Context) (map[string]int, error) {
	pvs, err := env.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	sizes := map[string]int{}
	for i := range pvs.Items {
		if pv := &pvs.Items[i]; pv.Spec.StorageClassName == p.class {
			sizes[pv.Annotations["gluster.org/heketi-volume-id"]] = int(pv.Spec.Capacity.Storage().Value() >> 30)
		}
	}
	return sizes, nil
}

// compare returns an error unless all that heketi has are volumes of these sizes.
func (p *provisioning) compare(client *gcli.Client, claimed map[string]int) error {
	operations, err := client.OperationsInfo()
	if err != nil {
		return err
	}
	if operations.Total+operations.InFlight > 0 {
		return fmt.Errorf("heketi has operations: %+v", operations)
	}
	topology, err := client.TopologyInfo()
	if err != nil {
		return err
	}
	has, bricks := map[string]int{}, map[string]bool{}
	for _, cluster := range topology.ClusterList {
		for i := range cluster.Volumes {
			made := &cluster.Volumes[i]
			has[made.Id] = made.Size
			for _, brick := range made.Bricks {
				bricks[brick.Id] = true
			}
		}
		for i := range cluster.Nodes {
			if err := leftOn(&cluster.Nodes[i], bricks); err != nil {
				return err
			}
		}
	}
	if !maps.Equal(has, claimed) {
		return fmt.Errorf("heketi has the volumes %v, and the claims %v", has, claimed)
	}
	return nil
}

// leftOn returns an error if there is something on a node's devices besides bricks of volumes.
func leftOn(node *api.NodeInfoResponse, ofVolumes map[string]bool) error {
	for i := range node.DevicesInfo {
		device := &node.DevicesInfo[i]
		left := slices.DeleteFunc(slices.Clone(device.Bricks), func(brick api.BrickInfo) bool { return ofVolumes[brick.Id] })
		if len(left) > 0 || len(device.Bricks) == 0 && device.Storage.Used != 0 {
			return fmt.Errorf("device %s has %d bricks of no volume, and %d KiB in use", device.Id, len(left), device.Storage.Used)
		}
	}
	return nil
}
