package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
)

// countOn writes numbers to eight files of a volume in turn, and prints each that is
// written for certain: fsync has said so. A number that is not is tried again. With
// several files, some are on bricks that were added later.
const countOn = `n=0
while :; do
    if echo $n | dd of=/1/count-$((n % 8)) oflag=append conv=notrunc,fsync 2> /dev/null; then
        echo $n
        n=$((n + 1))
    fi
    usleep 100000
done`

// keeper is a pod that counts on the volume of the claim "data", and has files there whose
// checksums it knows.
type keeper struct {
	namespace string
	// files are a shell's words for all its files, in order, and sums what sha256sum
	// prints of them.
	files, sums string
	// gib is the volume's size.
	gib int
}

// startKeeper makes the pod, which starts when its claim is Bound.
func startKeeper(t *testing.T, namespace string) *keeper {
	t.Helper()
	makePod(t, namespace, "keeper", func(pod *v1.Pod) {
		pod.Spec.Containers[0].Command = []string{"sh", "-c", countOn}
	}, "data")
	return &keeper{namespace: namespace, gib: 1}
}

func (k *keeper) pod() string { return k.namespace + "/keeper" }

// fill waits until the pod runs, and adds so many files of so many KiB to its own, each in
// a folder of its own, since a folder's files may all be on the same bricks.
func (k *keeper) fill(t *testing.T, prefix string, files, kib int) {
	t.Helper()
	waitReady(t, k.namespace, "pod/keeper")
	added := fmt.Sprintf("$(for n in $(seq %d); do echo /1/%s-$n/file; done)", files, prefix)
	shell(t, k.pod(), fmt.Sprintf(
		"for file in %s; do mkdir -p ${file%%/file} && dd if=/dev/urandom of=$file bs=1k count=%d conv=fsync 2> /dev/null || exit 1; done", added, kib))
	k.files += " " + added
	k.sums = strings.TrimSpace(k.sums + "\n" + shell(t, k.pod(), "sha256sum "+added))
}

// check waits until the pod reads all its files as they were written, and every number
// that it has printed. Clients need a while to find hosts again that were off.
func (k *keeper) check(t *testing.T) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		sums, err := try(ctx, inPod(k.pod(), "sha256sum"+k.files)...)
		if err == nil && sums != k.sums {
			err = fmt.Errorf("the files are not as they were written: %s", difference(k.sums, sums))
		}
		return err
	})
	eventually(t, k.checkCount)
}

// checkListed waits until the pod also finds its files by listing what there is.
func (k *keeper) checkListed(t *testing.T) {
	t.Helper()
	waitUntilPrints(t, fmt.Sprint(strings.Count(k.sums, "\n")+1), inPod(k.pod(), "ls -d /1/*/file | wc -l")...)
}

// checkCount tells of numbers that were written and are gone.
func (k *keeper) checkCount(ctx context.Context) error {
	printed, err := try(ctx, "logs", "--namespace="+k.namespace, "keeper")
	if err != nil {
		return err
	}
	return checkWritten(ctx, k.pod(), printed)
}

// checkWritten tells of numbers that countOn has printed and a pod does not find on its volume.
func checkWritten(ctx context.Context, pod, printed string) error {
	written, err := try(ctx, inPod(pod, "cat /1/count-*")...)
	if err != nil {
		return err
	}
	if lost := difference(printed, written); lost != "" {
		return fmt.Errorf("acknowledged writes are lost: %s", lost)
	}
	return nil
}

// goesOn waits until the pod has written more than it has by now.
func (k *keeper) goesOn(t *testing.T) {
	t.Helper()
	before := kubectl(t, "logs", "--namespace="+k.namespace, "--tail=1", "keeper")
	eventually(t, func(ctx context.Context) error {
		now, err := try(ctx, "logs", "--namespace="+k.namespace, "--tail=1", "keeper")
		if err == nil && now == before {
			err = fmt.Errorf("the pod writes no more, its last number is %s", now)
		}
		return err
	})
}

// difference are the lines of a text that another one does not have, the first few.
func difference(text, other string) string {
	const shown = 5
	there := map[string]bool{}
	for line := range strings.Lines(other) {
		there[strings.TrimSpace(line)] = true
	}
	var missing []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !there[line] {
			missing = append(missing, line)
		}
	}
	if len(missing) <= shown {
		return strings.Join(missing, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(missing[:shown], ", "), len(missing)-shown)
}
