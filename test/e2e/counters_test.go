package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/node"
)

// countAndAcknowledge writes one number after the other to the volume, waits until it is on the bricks,
// and only then acknowledges it, outside of the volume. It ends if any of this fails.
const countAndAcknowledge = `set -e
n=$(tail -n 1 /data/numbers 2> /dev/null || echo 0)
while :; do
  n=$((n + 1))
  echo $n >> /data/numbers
  sync
  echo $n >> /acknowledged/$HOSTNAME
  usleep 100000
done`

// statefulCounters is formatted with a namespace, a class, an image, a script, and the node's
// folder for what is acknowledged.
const statefulCounters = `apiVersion: apps/v1
kind: StatefulSet
metadata: {namespace: %[1]s, name: counter}
spec:
  replicas: 2
  podManagementPolicy: Parallel
  serviceName: counter
  selector: {matchLabels: {app: counter}}
  template:
    metadata: {labels: {app: counter}}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: %[6]d, runAsGroup: %[6]d}
      containers:
      - name: counter
        image: %[3]s
        command: [sh, -c, %[4]q]
        volumeMounts:
        - {name: data, mountPath: /data}
        - {name: acknowledged, mountPath: /acknowledged}
      volumes:
      - {name: acknowledged, hostPath: {path: %[5]s}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      storageClassName: %[2]s
      accessModes: [ReadWriteMany]
      resources: {requests: {storage: 1Gi}}
`

// counters are the pods of a StatefulSet that count, each on a volume of its own.
type counters struct {
	namespace, acknowledged string
	pods                    []string
}

// startCounters starts them, and waits until they count.
func startCounters(t *testing.T, namespace, class string) counters {
	t.Helper()
	folder, err := env.sandbox.Folder("acknowledged")
	if err != nil {
		t.Fatal(err)
	}
	// The pods' user is an ordinary one.
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	apply(t, fmt.Sprintf(statefulCounters, namespace, class, node.BusyboxImage, countAndAcknowledge, folder, ordinaryUser))
	c := counters{namespace: namespace, acknowledged: folder, pods: []string{"counter-0", "counter-1"}}
	c.waitForMore(t)
	return c
}

// volumes are those that the pods count on.
func (c counters) volumes(t *testing.T) (volumes []volume) {
	t.Helper()
	for _, pod := range c.pods {
		volumes = append(volumes, c.volumeOf(t, pod))
	}
	return volumes
}

func (c counters) volumeOf(t *testing.T, pod string) volume {
	t.Helper()
	return volumeOf(t, c.namespace, "data-"+pod)
}

// waitForMore waits until each of them has acknowledged ten more numbers.
func (c counters) waitForMore(t *testing.T) {
	t.Helper()
	for _, pod := range c.pods {
		want := len(c.hasAcknowledged(t, pod)) + 10
		eventually(t, func(context.Context) error {
			if now := len(c.hasAcknowledged(t, pod)); now < want {
				return fmt.Errorf("the pod %s has acknowledged %d numbers, want %d", pod, now, want)
			}
			return nil
		})
	}
}

func (c counters) hasAcknowledged(t *testing.T, pod string) []int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.acknowledged, pod))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return wholeNumbers(t, string(text))
}

// wholeNumbers are those of a file that is being written: the last line may not be whole.
func wholeNumbers(t *testing.T, text string) (numbers []int) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, line := range lines[:len(lines)-1] {
		number, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// identity tells these pods and their containers from others of the same names.
func (c counters) identity(t *testing.T) string {
	t.Helper()
	return kubectl(t, "get", "pods", "--namespace="+c.namespace, "--selector=app=counter", "-o",
		"jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{\"\\n\"}{end}")
}

// checkNoneIsLost checks that each brick has all numbers from 1 on, each once, and with them
// all that were acknowledged.
func (c counters) checkNoneIsLost(t *testing.T) {
	t.Helper()
	for _, pod := range c.pods {
		acknowledged := c.hasAcknowledged(t, pod)
		if !slices.IsSorted(acknowledged) || len(slices.Compact(slices.Clone(acknowledged))) != len(acknowledged) {
			t.Errorf("the pod %s has acknowledged a number twice, or after a higher one: %v", pod, acknowledged)
		}
		for _, brick := range c.volumeOf(t, pod).bricks {
			text := onHost(t, brick.host, "cat "+brick.folder+"/numbers")
			numbers := wholeNumbers(t, text+"\n")
			for i, number := range numbers {
				if number != i+1 {
					t.Fatalf("on %s, line %d of the volume of %s is %d", brick.host.Name(), i+1, pod, number)
				}
			}
			if last := acknowledged[len(acknowledged)-1]; len(numbers) < last {
				t.Errorf("on %s, the volume of %s ends at %d; %d was acknowledged", brick.host.Name(), pod, len(numbers), last)
			}
		}
	}
}
