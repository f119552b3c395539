package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	rightClass = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: gold}
provisioner: gluster.org/glusterfs
parameters: {resturl: "http://heketi:8080", restuser: admin, secretNamespace: storage, secretName: heketi}
mountOptions: [noatime]
`
	wrongClass = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: lead}
provisioner: gluster.org/glusterfs
parameters: {resturl: "heketi:8080", gidMin: "1999"}
mountOptions: ["log-level=INFO,bind"]
reclaimPolicy: Recycle
`
	othersClass = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: old}
provisioner: kubernetes.io/glusterfs
parameters: {resturl: no matter}
`
	rightSecret = `apiVersion: v1
kind: Secret
metadata: {name: heketi, namespace: storage}
type: gluster.org/glusterfs
stringData: {key: My Secret Life, url: "http://heketi:8080"}
`
	rightClaim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: pictures}
spec: {storageClassName: gold, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
`
)

// validated runs the command validate on a text, and returns what it printed, without the name
// of the file, and its exit status.
func validated(t *testing.T, text string, arguments ...string) (printed string, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "given.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status = Main(append([]string{validateCommand, "-f", file}, arguments...), &stdout, &stderr)
	return strings.ReplaceAll(stdout.String()+stderr.String(), file, "given.yaml"), status
}

func TestValidate(t *testing.T) {
	all := strings.Join([]string{rightClass, rightSecret, rightClaim}, "---\n")
	for what, test := range map[string]struct {
		text   string
		status int
		want   []string
	}{
		"all is right": {all, exitOK, []string{
			"given.yaml:1: StorageClass gold: fine", "given.yaml:8: Secret storage/heketi: fine", "given.yaml:14: PersistentVolumeClaim pictures: fine",
		}},
		"a class": {rightClass + "---\n" + wrongClass, exitFound, []string{
			"given.yaml:1: StorageClass gold: fine",
			`given.yaml:8: StorageClass lead: wrong: gidMin "1999": must be a number from 2000 to 2147483646`,
			`given.yaml:8: StorageClass lead: wrong: resturl "heketi:8080": must be http://HOST[:PORT]`,
			`given.yaml:8: StorageClass lead: wrong: mountOptions "bind": not allowed: `,
			`given.yaml:8: StorageClass lead: wrong: reclaimPolicy "Recycle": must be Delete or Retain`,
		}},
		"a Secret": {strings.NewReplacer("key: My Secret Life, ", "", "gluster.org/glusterfs\nstringData", "Opaque\nstringData").Replace(all), exitFound, []string{
			"given.yaml:1: StorageClass gold: fine",
			`given.yaml:8: Secret storage/heketi: wrong: Secret storage/heketi has type "Opaque"`,
			`given.yaml:8: Secret storage/heketi: wrong: Secret storage/heketi has no data "key"`,
			"PersistentVolumeClaim pictures: fine",
		}},
		"a Secret for another heketi": {strings.Replace(all, `url: "http://heketi:8080"`, `url: "http://other"`, 1), exitFound, []string{
			"StorageClass gold: wrong: Secret storage/heketi says in data \"url\" which heketis its key is for, and http://other is not among them",
			"Secret storage/heketi: fine", "PersistentVolumeClaim pictures: fine",
		}},
		"a key that ends in a line break": {strings.Replace(rightSecret, "My Secret Life", `"My Secret Life\n"`, 1), exitOK, []string{
			`Secret storage/heketi: advice: data "key" begins or ends in white space`, "Secret storage/heketi: fine",
		}},
		"a claim": {strings.Replace(rightClaim, "accessModes", "volumeMode: Block, volumeAttributesClassName: fast, accessModes", 1), exitFound, []string{
			"PersistentVolumeClaim pictures: wrong: spec.volumeMode is Block",
			`PersistentVolumeClaim pictures: wrong: spec.volumeAttributesClassName is "fast"`,
		}},
		"a claim for one pod, with the source glusterfs": {
			strings.NewReplacer("secretName: heketi}", "secretName: heketi, pvsource: glusterfs}", "ReadWriteMany", "ReadWriteOncePod").Replace(all), exitFound,
			[]string{"gold: fine", "heketi: fine", "PersistentVolumeClaim pictures: wrong: spec.accessModes has ReadWriteOncePod"},
		},
		"a class of others": {othersClass + "---\n" + rightClass + "---\n" + strings.NewReplacer("gold", "old", "ReadWriteMany", "ReadWriteOncePod").Replace(rightClaim), exitOK, []string{
			`given.yaml:1: StorageClass old: not judged: its provisioner is "kubernetes.io/glusterfs", not "gluster.org/glusterfs"`,
			"given.yaml:7: StorageClass gold: fine",
			`PersistentVolumeClaim pictures: not judged: the provisioner of its StorageClass "old" is "kubernetes.io/glusterfs"`,
		}},
		"a claim of no class": {rightClass + "---\n" + strings.Replace(rightClaim, "gold", `""`, 1), exitOK, []string{
			"StorageClass gold: fine", "PersistentVolumeClaim pictures: not judged: its storageClassName is empty",
		}},
		"no YAML":         {rightClass + "---\na: [", exitFound, []string{"StorageClass gold: fine", "given.yaml:8: document: wrong: it is no YAML: "}},
		"a typo":          {strings.Replace(rightClass, "mountOptions", "mountoptions", 1), exitFound, []string{`StorageClass gold: wrong: unknown field "mountoptions"`}},
		"nothing of ours": {othersClass + "---\n{apiVersion: v1, kind: ConfigMap}", exitUnknown, []string{"StorageClass old: not judged", "nothing was judged"}},
	} {
		printed, status := validated(t, test.text)
		lines := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
		if status != test.status || len(lines) != len(test.want) {
			t.Errorf("%s: status %d, want %d; printed\n%s", what, status, test.status, printed)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: line %d is %q, want %q", what, i+1, lines[i], want)
			}
		}
		if strings.Contains(printed, "My Secret Life") {
			t.Errorf("%s: the key was printed:\n%s", what, printed)
		}
	}
}

// TestValidateTakesTheExamples gives all of them at once, as a person might.
func TestValidateTakesTheExamples(t *testing.T) {
	examples, err := filepath.Glob(filepath.Join("..", "..", "..", "examples", "*.yaml"))
	if err != nil || len(examples) < 5 {
		t.Fatalf("examples are %q, %v", examples, err)
	}
	arguments := []string{validateCommand}
	for _, example := range examples {
		arguments = append(arguments, "-f", example)
	}
	var stdout, stderr bytes.Buffer
	if status := Main(arguments, &stdout, &stderr); status != exitOK || strings.Count(stdout.String(), ": fine\n") < 5 {
		t.Errorf("status %d, printed\n%s%s", status, stdout.String(), stderr.String())
	}
}

// TestValidateIsAskedWrongly covers flags and files.
func TestValidateIsAskedWrongly(t *testing.T) {
	for what, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"no file":             {nil, "--filename is not set; name a file with -f"},
		"an argument":         {[]string{"class.yaml"}, "files are named by -f"},
		"no such file":        {[]string{"-f", "/nowhere"}, "--filename=/nowhere: open /nowhere: no such file"},
		"a key for nothing":   {[]string{"-f", "/nowhere", "--key-file=/nowhere"}, "give --check, too"},
		"a provisioner":       {[]string{"-f", "/nowhere", "--provisioner-name=a/b/c"}, "--provisioner-name=a/b/c"},
		"a flag that is none": {[]string{"--file=a"}, "unknown flag: --file"},
	} {
		var stdout, stderr bytes.Buffer
		status := Main(append([]string{validateCommand}, test.arguments...), &stdout, &stderr)
		if status != exitUnknown || stdout.Len() > 0 || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("%s: status %d, printed %q and %q, want %q", what, status, stdout.String(), stderr.String(), test.want)
		}
	}
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if printed, status := validated(t, rightClass, "--check", "--key-file="+empty); status != exitUnknown || !strings.Contains(printed, "it is empty") {
		t.Errorf("an empty key: status %d, printed %q", status, printed)
	}
}
