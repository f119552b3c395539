package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/test/bench"
)

// withDisks has a keeper see to GlusterClusters.
const withDisks = "--glusterclusters"

// addKubernetesNodes adds nodes to Kubernetes, with a GlusterFS pod that is ready, and returns them as an object
// lists them, with the disks.
func (p *place) addKubernetesNodes(t *testing.T, count int, paths ...string) []glustercluster.Node {
	t.Helper()
	var nodes []glustercluster.Node
	for range count {
		number := serial.Add(1)
		node := glustercluster.Node{Name: fmt.Sprintf("node-%d", number), Zone: len(nodes) + 1}
		for _, path := range paths {
			node.Devices = append(node.Devices, glustercluster.Device{Path: path})
		}
		addKubernetesNode(t, node.Name, fmt.Sprintf("127.%d.%d.%d", 1+number>>16&0x7f, number>>8&0xff, number&0xff))
		p.addPod(t, node.Name)
		nodes = append(nodes, node)
	}
	return nodes
}

func addKubernetesNode(t *testing.T, name, address string) {
	t.Helper()
	must[*v1.Node](t)(env.client.CoreV1().Nodes().Create(t.Context(), &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		// As kubelet registers itself.
		Status: v1.NodeStatus{
			Addresses:       []v1.NodeAddress{{Type: v1.NodeHostName, Address: name}, {Type: v1.NodeInternalIP, Address: address}},
			DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: env.kubelets.port}},
		},
	}, metav1.CreateOptions{}))
	t.Cleanup(func() {
		if err := env.client.CoreV1().Nodes().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// addPod adds a GlusterFS pod that is ready.
func (p *place) addPod(t *testing.T, node string) {
	t.Helper()
	pod := must[*v1.Pod](t)(env.client.CoreV1().Pods(p.namespace).Create(t.Context(), &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "glusterfs-" + node, Labels: map[string]string{"glusterfs-node": "pod"}},
		Spec: v1.PodSpec{
			NodeName: node, ServiceAccountName: account,
			Containers: []v1.Container{{Name: "glusterfs", Image: "glusterfs-host"}},
		},
	}, metav1.CreateOptions{}))
	p.setReady(t, pod.Name, true)
}

func (p *place) setReady(t *testing.T, pod string, ready bool) {
	t.Helper()
	status := v1.ConditionFalse
	if ready {
		status = v1.ConditionTrue
	}
	patch := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":%q}]}}`, status)
	must[*v1.Pod](t)(env.client.CoreV1().Pods(p.namespace).Patch(t.Context(), pod, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, "status"))
}

// apply writes an object for the heketi of the place, and returns its name. It is removed by force at the test's end.
func (p *place) apply(t *testing.T, name string, nodes []glustercluster.Node) {
	t.Helper()
	ctx, client := t.Context(), env.objects.Resource(glustercluster.Resource)
	spec := glustercluster.Spec{Heketi: &glustercluster.Heketi{Namespace: p.namespace, Name: "heketi"}, Nodes: nodes}
	written := must[map[string]any](t)(runtime.DefaultUnstructuredConverter.ToUnstructured(&spec))
	found, err := client.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		created := &unstructured.Unstructured{Object: map[string]any{"spec": written}}
		created.SetGroupVersionKind(glustercluster.Resource.GroupVersion().WithKind(glustercluster.Kind))
		created.SetName(name)
		must[*unstructured.Unstructured](t)(client.Create(ctx, created, metav1.CreateOptions{}))
		t.Cleanup(func() { removeByForce(t, name) })
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		if found, err = client.Get(ctx, name, metav1.GetOptions{}); err != nil {
			return err
		}
		found.Object["spec"] = written
		_, err = client.Update(ctx, found, metav1.UpdateOptions{})
		return err
	})
}

// removeByForce removes an object whose keeper does not run any more.
func removeByForce(t *testing.T, name string) {
	t.Helper()
	ctx, client := context.Background(), env.objects.Resource(glustercluster.Resource)
	err := client.Delete(ctx, name, metav1.DeleteOptions{})
	if err == nil {
		_, err = client.Patch(ctx, name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	}
	if err != nil && !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

// object reads an object.
func object(ctx context.Context, name string) (*glustercluster.Object, error) {
	found, err := env.objects.Resource(glustercluster.Resource).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return glustercluster.Read(found)
}

// waitStatus waits until the status is as wanted, for the latest spec, and returns it.
func waitStatus(t *testing.T, name string, wanted func(glustercluster.Status) error) (status glustercluster.Status) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		read, err := object(ctx, name)
		if err != nil {
			return err
		}
		status = read.Status
		if status.ObservedGeneration != read.Generation {
			return errors.New("the status is not of the latest spec")
		}
		if err := wanted(status); err != nil {
			return fmt.Errorf("%w; the status is %+v", err, status)
		}
		return nil
	})
	return status
}

// waitReady waits until an object is ready, as a person would.
func waitReady(t *testing.T, name string) glustercluster.Status {
	t.Helper()
	return waitStatus(t, name, func(status glustercluster.Status) error {
		if !meta.IsStatusConditionTrue(status.Conditions, disks.ConditionReady) {
			return errors.New("it is not ready")
		}
		return nil
	})
}

// waitReason waits until a condition has the reason, and its message the words.
func waitReason(t *testing.T, name, condition, reason string, words ...string) {
	t.Helper()
	waitStatus(t, name, func(status glustercluster.Status) error {
		found := meta.FindStatusCondition(status.Conditions, condition)
		if found == nil || found.Reason != reason {
			return fmt.Errorf("the condition %s has not the reason %s", condition, reason)
		}
		for _, word := range words {
			if !strings.Contains(found.Message, word) {
				return fmt.Errorf("the condition %s does not say %q", condition, word)
			}
		}
		return nil
	})
}

// waitGone waits until an object is gone.
func waitGone(t *testing.T, name string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		read, err := object(ctx, name)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return fmt.Errorf("it is still there: %+v", read.Status)
	})
}

// expectEvents waits until there are events about an object with the reasons.
func expectEvents(t *testing.T, name string, reasons ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		list, err := env.client.CoreV1().Events(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=" + name})
		if err != nil {
			return err
		}
		for _, reason := range reasons {
			if !slices.ContainsFunc(list.Items, func(event v1.Event) bool { return event.Reason == reason }) {
				return fmt.Errorf("there is no event %s", reason)
			}
		}
		return nil
	})
}
