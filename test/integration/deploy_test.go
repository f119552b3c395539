package integration

import (
	"context"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// TestDeploymentIsAdmitted looks at what Kubernetes made of deploy/: the pods of
// the Deployment pass the restricted Pod Security Standard that the Namespace
// enforces. There are no nodes to run them on.
func TestDeploymentIsAdmitted(t *testing.T) {
	deployment := must[*appsv1.Deployment](t)(env.client.AppsV1().Deployments(ourNamespace).Get(t.Context(), "glusterfs-provisioner", metav1.GetOptions{}))
	var pods []v1.Pod
	bench.Eventually(t, soon, func(ctx context.Context) error {
		list, err := env.client.CoreV1().Pods(ourNamespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(deployment.Spec.Selector)})
		if err != nil {
			return err
		}
		if pods = list.Items; len(pods) != int(*deployment.Spec.Replicas) {
			return fmt.Errorf("there are %d pods, want %d", len(pods), *deployment.Spec.Replicas)
		}
		return nil
	})
	for _, pod := range pods {
		if pod.Spec.ServiceAccountName != ourAccount {
			t.Errorf("pod %s runs as %s", pod.Name, pod.Spec.ServiceAccountName)
		}
	}
	// Its flags are ones that the binary knows.
	p := launch(t, "test.gluster.org/"+unique("p"), deployment.Spec.Template.Spec.Containers[0].Args...)
	p.waitLeading(t)
	p.endWell(t)
}
