package bundle

import (
	"context"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// What is taken of one container's log, and of one pod's metrics.
const (
	logLines     = 5000
	logBytes     = 2 << 20
	metricsBytes = 2 << 20
)

// working adds what the provisioner keeps while it works, and what kubelets know.
func (g *gathering) working(ctx context.Context) {
	g.addObjects("configmaps.yaml", choose(g, g.list(ctx, configMaps, g.Installed.Namespace, metav1.ListOptions{}), func(kept *v1.ConfigMap) bool {
		_, isJournal := kept.Labels[journal.LabelProvisioner]
		_, isConversion := kept.Labels[conversion.LabelProvisioner]
		return isJournal || isConversion || strings.HasPrefix(kept.Name, volume.HostsName(""))
	}))
	g.addObjects("leases.yaml", g.list(ctx, leases, g.Installed.Namespace, metav1.ListOptions{}))
	g.addObjects("csinodes.yaml", g.list(ctx, csiNodes, metav1.NamespaceAll, metav1.ListOptions{}))
}

// pods adds the pods of the provisioner and of the node plugin, their logs and their metrics.
func (g *gathering) pods(ctx context.Context) {
	var all []unstructured.Unstructured
	for namespace, app := range map[string]string{g.Installed.Namespace: installed.Deployment, installed.NodeNamespace: installed.DaemonSet} {
		found := g.list(ctx, pods, namespace, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + app})
		all = append(all, choose(g, found, func(pod *v1.Pod) bool {
			g.logs(ctx, pod)
			g.metrics(ctx, pod)
			return true
		})...)
	}
	g.addObjects("pods.yaml", all)
}

// logs adds the ends of the logs of a pod's containers, and of those before them.
func (g *gathering) logs(ctx context.Context, pod *v1.Pod) {
	lines, bytes := int64(logLines), int64(logBytes)
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		for _, previous := range []bool{false, true} {
			if previous && status.RestartCount == 0 {
				continue
			}
			name := path.Join("logs", pod.Namespace, pod.Name, status.Name)
			if previous {
				name += ".previous"
			}
			options := &v1.PodLogOptions{Container: status.Name, Previous: previous, TailLines: &lines, LimitBytes: &bytes, Timestamps: true}
			g.addAnswer(ctx, name+".log", logBytes, g.Client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, options))
		}
	}
}

// metrics adds what a pod says of itself, by the API server's proxy.
func (g *gathering) metrics(ctx context.Context, pod *v1.Pod) {
	port := metricsPort(pod)
	if pod.Status.Phase != v1.PodRunning || port == "" {
		return
	}
	name := path.Join("metrics", pod.Namespace, pod.Name+".txt")
	g.addAnswer(ctx, name, metricsBytes, g.Client.CoreV1().Pods(pod.Namespace).ProxyGet("http", pod.Name, port, "/metrics", nil))
}

// metricsPort is the port on which a pod serves metrics; empty if it has none.
func metricsPort(pod *v1.Pod) string {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == installed.HTTPPort {
				return strconv.Itoa(int(port.ContainerPort))
			}
		}
	}
	return ""
}

// addAnswer adds what the API server answers, up to a number of bytes.
func (g *gathering) addAnswer(ctx context.Context, name string, limit int64, request rest.ResponseWrapper) {
	stream, err := request.Stream(ctx)
	if err != nil {
		g.miss(name, err)
		return
	}
	defer stream.Close()
	text, err := io.ReadAll(io.LimitReader(stream, limit))
	if err != nil {
		g.miss(name, err)
		return
	}
	g.add(name, text)
}
