package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/node"
)

const (
	// nextImage is the image of a GlusterFS host under another name, and missingImage one that no node has.
	nextImage    = "registry.example.com/glusterfs-host:next"
	missingImage = "registry.example.com/glusterfs-host:missing"
)

// writer writes lines to the volume of claim pictures until it finds a file, and then says how many. It ends at once if it cannot.
const writer = `apiVersion: v1
kind: Pod
metadata:
  name: writer
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  securityContext:
    runAsUser: 1000
    runAsNonRoot: true
  containers:
    - name: writer
      image: busybox:1.35
      command:
        - sh
        - -ec
        - |
          line=0
          until [ -e /pictures/end ]; do
            line=$((line + 1))
            echo "$line" >> /pictures/lines
          done
          echo "$line"
      volumeMounts:
        - name: pictures
          mountPath: /pictures
  volumes:
    - name: pictures
      persistentVolumeClaim:
        claimName: pictures
`

// unreplicated is a claim of a volume that stops with its one brick.
const unreplicated = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: unreplicated
provisioner: gluster.org/glusterfs
parameters:
  resturl: http://heketi.glusterfs.svc:8080
  restuser: admin
  secretNamespace: glusterfs-provisioner
  secretName: heketi
  volumetype: none
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: scratch
spec:
  storageClassName: unreplicated
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 1Gi
`

// TestRollout gives the GlusterFS pods another image, node by node, while a pod writes.
func TestRollout(t *testing.T) {
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{
		{"Install", install}, {"Write", write}, {"Rollout", testRollout}, {"RolloutStops", testRolloutStops},
		{"RolloutRefuses", testRolloutRefuses}, {"Remove", testRemove},
	} {
		if !t.Run(step.name, step.take) {
			explain(t)
			return
		}
	}
}

// testRollout kills the command after the first pod and types it again. No write fails, and all pods are new in the end.
func testRollout(t *testing.T) {
	startWriter(t)
	before := hostPods(t)
	setImage(t, nextImage)
	if status, said := rollout(t, "--dry-run"); status != 0 || !strings.Contains(said, "3 of 3 pods have to be replaced") {
		t.Errorf("what would be done ends with %d: %s", status, said)
	}

	first := startRollout(t)
	eventually(t, func(context.Context) error {
		if !strings.Contains(first.Output(), "deleted pod") {
			return fmt.Errorf("no pod is deleted yet: %s", first.Output())
		}
		return nil
	})
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	rolloutBesideDrain(t)
	for node, pod := range hostPods(t) {
		if pod == before[node] {
			t.Errorf("node %s still has %s", node, pod)
		}
		if !strings.Contains(pod, nextImage) {
			t.Errorf("node %s has %s, want %s", node, pod, nextImage)
		}
	}
	checkLines(t)
	if status, said := rollout(t); status != 0 || !strings.Contains(said, "all 3 pods have its template") {
		t.Errorf("with nothing to do, it ends with %d: %s", status, said)
	}
}

// rolloutBesideDrain types the command again, and has somebody write of a disk that it is to be drained. Both wait for the command that was
// killed, and say so, until somebody takes the Lease from it. Then both come to their ends, in turn.
func rolloutBesideDrain(t *testing.T) {
	t.Helper()
	lease := []string{"--namespace=glusterfs", "lease", "glusterfs-maintenance"}
	// It would expire sooner than all is whole.
	kubectl(t, append([]string{"patch", "--type=merge", `--patch={"spec":{"leaseDurationSeconds":3600}}`}, lease...)...)
	again := startRollout(t)
	drained := env.machines[0]
	disk := drained.diskWithBricks(t)
	drained.wordsOf = map[string][]string{disk: {"drain"}}
	list(t, env.machines...)
	const waits = "kubectl glusterfs rollout by "
	eventually(t, func(ctx context.Context) error {
		draining, err := try(ctx, "get", "glustercluster", "glusterfs", "-o", `jsonpath={.status.conditions[?(@.type=="Draining")]}`)
		switch said := again.Output(); {
		case err != nil:
			return err
		case !strings.Contains(draining, "WaitsForOthers") || !strings.Contains(draining, waits):
			return fmt.Errorf("the drain is %s", draining)
		case !strings.Contains(said, "before any pod is replaced: waits: "+waits):
			return fmt.Errorf("the rollout says %q", said)
		}
		return nil
	})
	kubectl(t, append([]string{"delete"}, lease...)...)
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	status, err := again.Wait(ctx)
	t.Logf("typed again, it ends with %d:\n%s", status, again.Output())
	if err != nil || status != 0 || !strings.Contains(again.Output(), "all is whole") {
		t.Fatalf("typed again, it ends with %d (%v)", status, err)
	}
	waitPhase(t, drained.name, fmt.Sprintf("{.devices[?(@.path==%q)].phase}", disk), "Drained")
	drained.wordsOf = nil
	list(t, env.machines...)
	waitUntilPrints(t, "6/6", "get", "glustercluster", "glusterfs", "-o", "jsonpath={.status.summary.devices}")
	waitUntilPrints(t, "", append([]string{"get", "-o", "jsonpath={.spec.holderIdentity}"}, lease...)...)
}

// checkLines has the writer end, and checks that it could write each line.
func checkLines(t *testing.T) {
	t.Helper()
	inGallery(t, "touch /pictures/end")
	eventually(t, func(ctx context.Context) error {
		phase, err := try(ctx, "get", "pod", "writer", "-o", "jsonpath={.status.phase}")
		switch {
		case err == nil && phase == "Failed":
			said, _ := try(ctx, "logs", "writer")
			return bench.Final(fmt.Errorf("the writer could not write: %s", said))
		case err == nil && phase != "Succeeded":
			err = fmt.Errorf("the writer is %s", phase)
		}
		return err
	})
	wrote := kubectl(t, "logs", "writer")
	inGallery(t, "seq "+wrote+" | cmp - /pictures/lines")
	t.Logf("the writer wrote %s lines", wrote)
	inGallery(t, "rm /pictures/lines /pictures/end")
	kubectl(t, "delete", "pod", "writer")
}

// testRolloutStops has no other pod touched when one does not come back, and goes on once its image is mended.
func testRolloutStops(t *testing.T) {
	before := hostPods(t)
	kubectl(t, "set", "image", "--namespace=glusterfs", "daemonset/glusterfs", "glusterfs="+missingImage)
	status, said := rollout(t, "--timeout=40s")
	if status != 1 || !strings.Contains(said, "node node-1: no pod got ready in 40s") || !strings.Contains(said, "ImagePull") {
		t.Errorf("with an image that is missing, it ends with %d: %s", status, said)
	}
	after := hostPods(t)
	if after["node-2"] != before["node-2"] || after["node-3"] != before["node-3"] {
		t.Errorf("the pods were %v, and are %v", before, after)
	}
	checkPicture(t)
	setImage(t, node.HostImage)
	if status, said := rollout(t); status != 0 {
		t.Errorf("with the image mended, it ends with %d: %s", status, said)
	}
	checkPicture(t)
}

// testRolloutRefuses names what keeps it from beginning.
func testRolloutRefuses(t *testing.T) {
	before := hostPods(t)
	apply(t, unreplicated)
	kubectl(t, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/scratch", "--timeout="+patience.String())
	for _, test := range []struct {
		flags  []string
		status int
		says   string
	}{
		{[]string{"--restart", "--dry-run"}, 1, "too few replicas, and stop while a pod is replaced: pvc-"},
		{[]string{"--restart"}, 1, "--allow-outage"},
		{[]string{"--as=anna"}, 2, "delete pods in glusterfs"},
		{[]string{"--gluster-namespace=default"}, 2, "there is no DaemonSet default/glusterfs"},
	} {
		if status, said := rollout(t, test.flags...); status != test.status || !strings.Contains(said, test.says) {
			t.Errorf("with %v it ends with %d, want %d and %q: %s", test.flags, status, test.status, test.says, said)
		}
	}
	if after := hostPods(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the pods were %v, and are %v", before, after)
	}
	kubectl(t, "delete", "pvc/scratch", "storageclass/unreplicated")
	waitUntilPrints(t, "1", "get", "pv", "-o", "go-template={{len .items}}")
}

// apply applies manifests, with the images that the machines have.
func apply(t *testing.T, manifests string) {
	t.Helper()
	if _, err := env.person.Runs(t.Context(), "kubectl apply -f - <<'END'\n"+manifests+"END"); err != nil {
		t.Fatal(err)
	}
}

// setImage gives the GlusterFS hosts an image, after each machine got it.
func setImage(t *testing.T, image string) {
	t.Helper()
	for _, m := range env.machines {
		if image == node.HostImage {
			continue // it is there
		}
		if err := m.TagImage(t.Context(), node.HostImage, image); err != nil {
			t.Fatal(err)
		}
	}
	kubectl(t, "set", "image", "--namespace=glusterfs", "daemonset/glusterfs", "glusterfs="+image)
}

// hostPods are the names and images of the GlusterFS pods, by their nodes.
func hostPods(t *testing.T) map[string]string {
	t.Helper()
	pods := map[string]string{}
	for line := range strings.Lines(kubectl(t, "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=glusterfs", "-o",
		"jsonpath={range .items[*]}{.spec.nodeName} {.metadata.name} {.spec.containers[0].image}{'\\n'}{end}")) {
		node, pod, _ := strings.Cut(strings.TrimSpace(line), " ")
		pods[node] = pod
	}
	return pods
}

// startRollout starts kubectl glusterfs rollout.
func startRollout(t *testing.T, flags ...string) *bench.Process {
	t.Helper()
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: filepath.Join(env.root, "bin", "kubectl-glusterfs"), Args: append([]string{"rollout"}, flags...),
		Env: append(os.Environ(), "KUBECONFIG="+env.cluster.Kubeconfig(), "HOME="+t.TempDir()), Log: filepath.Join(env.logs, "rollout.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	})
	return process
}

// rollout runs kubectl glusterfs rollout to its end, and returns its exit status and what it said.
func rollout(t *testing.T, flags ...string) (status int, said string) {
	t.Helper()
	process := startRollout(t, flags...)
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	status, err := process.Wait(ctx)
	if err != nil {
		t.Fatalf("%v: %s", err, process.Output())
	}
	t.Logf("kubectl glusterfs rollout %s ended with %d:\n%s", strings.Join(flags, " "), status, process.Output())
	return status, process.Output()
}
