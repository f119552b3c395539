package cluster

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pod returns a pod of the provisioner in which commands can be run.
func (c Cluster) Pod(ctx context.Context) (*v1.Pod, error) {
	const selector = "app.kubernetes.io/name=glusterfs-provisioner"
	pods, err := c.Client.CoreV1().Pods(c.Installed.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	for i, pod := range pods.Items {
		if pod.Status.Phase == v1.PodRunning && pod.DeletionTimestamp == nil {
			return &pods.Items[i], nil
		}
	}
	return nil, fmt.Errorf("no pod of namespace %s with the label %s runs; see kubectl -n %[1]s get pods", c.Installed.Namespace, selector)
}
