package stack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/node"
)

// rival is a pod of a heketi without a keeper, on the same GlusterFS, with a copy of heketi's database. It is formatted with
// the name, the image, the addresses of the nodes, heketi's port, its limit of requests, and its executor.
const rival = `apiVersion: v1
kind: Pod
metadata:
  name: heketi-%[1]s
  namespace: glusterfs
  labels:
    rival: %[1]s
spec:
  serviceAccountName: heketi
  # A database that is not its own, heketi opens to read only.
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
  # By the names of the database.
  hostAliases:
%[3]s
  initContainers:
    - name: database
      image: busybox:1.35
      command: [cp, /given/heketi.db, /var/lib/heketi/heketi.db]
      volumeMounts: &mounts
        - name: database
          mountPath: /var/lib/heketi
        - name: given
          mountPath: /given
  containers:
    - name: heketi
      image: %[2]s
      command: [/heketi, --config=/given/%[6]s.json]
      env:
        # As the keeper has it.
        - name: DISABLE_HTTP2
          value: "1"
        - name: HEKETI_KUBE_QPS
          value: "%[5]s"
      readinessProbe:
        httpGet:
          path: /hello
          port: %[4]s
        periodSeconds: 1
      volumeMounts: *mounts
  volumes:
    - name: database
      emptyDir: {}
    - name: given
      secret:
        secretName: rivals
`

// startRivals starts a heketi that runs commands in pods, one that does with the limit that it has by itself, and one that
// runs them by ssh. heketi has no volume yet.
func startRivals(t *testing.T, installed heketi) (unlimited, limited, ssh heketi) {
	t.Helper()
	key, folder := rand.Text(), t.TempDir()
	var database bytes.Buffer
	if err := installed.client.BackupDb(&database); err != nil {
		t.Fatal(err)
	}
	sshKey := letHeketiIn(t)
	files := map[string][]byte{
		"heketi.db":       database.Bytes(),
		"kubernetes.json": rivalSettings(t, key, nil),
		"ssh.json": rivalSettings(t, key, map[string]any{"executor": "ssh", "sshexec": map[string]any{
			"keyfile": "/given/key", "user": "root", "port": "22", "fstab": "/var/lib/heketi/fstab",
			"lvm_wrapper": "/usr/local/bin/lvm-wrapper", "debug_umount_failures": true,
		}}),
		"key": sshKey,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kubectl(t, "create", "secret", "generic", "rivals", "--namespace=glusterfs", "--from-file="+folder)
	t.Cleanup(func() {
		_, _ = try(context.WithoutCancel(t.Context()), "delete", "secret", "rivals", "--namespace=glusterfs")
	})
	return startRival(t, "kubernetes", "kubernetes", "-1", key), startRival(t, "kubernetes-limited", "kubernetes", "5", key), startRival(t, "ssh", "ssh", "", key)
}

// rivalSettings are heketi's as they are installed, with what a keeper sets, and with changes.
func rivalSettings(t *testing.T, key string, changes map[string]any) []byte {
	t.Helper()
	var settings map[string]any
	if err := json.Unmarshal([]byte(kubectl(t, "get", "configmap", "heketi-config", "--namespace=glusterfs", "-o", `jsonpath={.data.heketi\.json}`)), &settings); err != nil {
		t.Fatal(err)
	}
	gluster, is := settings["glusterfs"].(map[string]any)
	if !is {
		t.Fatalf("heketi's settings have no section glusterfs: %v", settings)
	}
	maps.Copy(gluster, map[string]any{
		"db": "/var/lib/heketi/heketi.db", "disable_background_cleaner": true, "disable_monitor_gluster_nodes": true,
	})
	maps.Copy(gluster, changes)
	admin := map[string]string{"key": key}
	maps.Copy(settings, map[string]any{"port": heketiPort, "use_auth": true, "jwt": map[string]any{"admin": admin, "user": admin}})
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func startRival(t *testing.T, name, executor, perSecond, key string) heketi {
	t.Helper()
	var hosts strings.Builder
	for _, m := range env.machines {
		fmt.Fprintf(&hosts, "    - ip: %s\n      hostnames: [%s]\n", m.address, m.name)
	}
	apply(t, fmt.Sprintf(rival, name, node.KeeperImage, strings.TrimRight(hosts.String(), "\n"), heketiPort, perSecond, executor))
	t.Cleanup(func() {
		_, _ = try(context.WithoutCancel(t.Context()), "delete", "pod", "heketi-"+name, "--namespace=glusterfs")
	})
	kubectl(t, "wait", "--for=condition=Ready", "pod/heketi-"+name, "--namespace=glusterfs", "--timeout=2m")
	return heketiAt(t, name, "rival="+name, key)
}

// sshdConfig lets root in with the key only, into the GlusterFS container. It is formatted with the machine's folder.
const sshdConfig = `AuthorizedKeysFile %[1]s/ssh_key.pub
HostKey %[1]s/ssh_host_key
ForceCommand %[1]s/enter
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
MaxStartups 100
`

// enterScript runs a command where the GlusterFS container has its files and mounts. It is formatted with the process of glusterd.
const enterScript = `#!/bin/sh
exec nsenter --target %s --mount -- bash -c "$SSH_ORIGINAL_COMMAND"
`

// letHeketiIn starts a sshd on each machine that runs commands in the GlusterFS container, and returns the private key to it.
func letHeketiIn(t *testing.T) (key []byte) {
	t.Helper()
	if err := gluster.LetRootIn("/"); err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "ssh_key")
	makeKey(t, keyFile)
	public, err := os.ReadFile(keyFile + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range env.machines {
		makeKey(t, m.file("ssh_host_key"))
		glusterd, err := m.Run(t.Context(), "mkdir -p /run/sshd && pgrep -o -x glusterd")
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{
			"ssh_key.pub": string(public), "sshd_config": fmt.Sprintf(sshdConfig, m.folder), "enter": fmt.Sprintf(enterScript, glusterd),
		} {
			if err := os.WriteFile(m.file(name), []byte(content), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := m.Run(t.Context(), "/usr/sbin/sshd -f "+m.file("sshd_config")+" -E "+m.file("sshd.log")); err != nil {
			t.Fatal(err)
		}
		eventually(t, func(ctx context.Context) error {
			_, err := bench.Run(ctx, nil, "ssh", sshArgs(keyFile, m, "gluster --mode=script pool list")...)
			return err
		})
	}
	if key, err = os.ReadFile(keyFile); err != nil {
		t.Fatal(err)
	}
	return key
}

func sshArgs(keyFile string, m *machine, command string) []string {
	return []string{
		"-q", "-i", keyFile, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"root@" + m.address, command,
	}
}

func makeKey(t *testing.T, file string) {
	t.Helper()
	if _, err := bench.Run(t.Context(), nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", file); err != nil {
		t.Fatal(err)
	}
}
