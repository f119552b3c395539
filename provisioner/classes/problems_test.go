package classes

import (
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/parameters/parameterstest"
	"glusterfs-provisioner/provisioner/volume"
)

// right returns a class that nothing is wrong with, changed.
func right(change ...func(*storagev1.StorageClass)) *storagev1.StorageClass {
	class := &storagev1.StorageClass{Parameters: parameterstest.With("restuser", "admin")}
	for _, change := range change {
		change(class)
	}
	return class
}

func mounting(options ...string) func(*storagev1.StorageClass) {
	return func(class *storagev1.StorageClass) { class.MountOptions = options }
}

func given(name, value string) func(*storagev1.StorageClass) {
	return func(class *storagev1.StorageClass) { class.Parameters[name] = value }
}

func TestProblems(t *testing.T) {
	recycle, mode := v1.PersistentVolumeReclaimRecycle, storagev1.VolumeBindingMode("Later")
	retain, wait := v1.PersistentVolumeReclaimRetain, storagev1.VolumeBindingWaitForFirstConsumer
	const log = "log-file=/srv/x"
	for what, test := range map[string]struct {
		class   *storagev1.StorageClass
		mounted volume.Source
		want    []string
	}{
		"nothing": {right(mounting("noatime,log-level=DEBUG"), func(class *storagev1.StorageClass) {
			class.ReclaimPolicy, class.VolumeBindingMode = &retain, &wait
		}), volume.CSI, nil},
		"a parameter": {right(given("gidMin", "1999")), volume.CSI, []string{`gidMin "1999": must be a number`}},
		"all": {right(given("gidMin", "1999"), given("snapfactor", "x"), mounting("bind", "transport=unix"), func(class *storagev1.StorageClass) {
			class.ReclaimPolicy, class.VolumeBindingMode = &recycle, &mode
		}), volume.CSI, []string{
			`gidMin "1999"`, `snapfactor "x"`, `mountOptions "bind": not allowed: `, `mountOptions "transport=unix": want tcp`,
			`reclaimPolicy "Recycle": must be Delete or Retain`, `volumeBindingMode "Later": must be Immediate or WaitForFirstConsumer`,
		}},
		"a log that kubelet may not have":  {right(mounting(log)), volume.Glusterfs, []string{"want a file below /var/log/"}},
		"a log that the node plugin has":   {right(mounting(log)), volume.CSI, nil},
		"a log, and nobody knows whose":    {right(mounting(log)), "", nil},
		"a log of the source of the class": {right(mounting(log), given("pvsource", "glusterfs")), volume.CSI, []string{"want a file below"}},
	} {
		params, problems := Problems(test.class, test.mounted)
		if len(problems) != len(test.want) || slices.ContainsFunc(test.want, func(want string) bool { return !strings.Contains(strings.Join(problems, "\n"), want) }) {
			t.Errorf("%s: problems are %q, want %q", what, problems, test.want)
		}
		if wrong := test.class.Parameters["gidMin"] != ""; (params == nil) != wrong {
			t.Errorf("%s: parameters are %v", what, params)
		}
	}
}

func TestAdvice(t *testing.T) {
	class := right(given("restuserkey", "My Secret Life"), func(class *storagev1.StorageClass) {
		class.AllowedTopologies = []v1.TopologySelectorTerm{{}}
	})
	params, _ := Problems(class, "")
	got := strings.Join(Advice(class, params), "\n")
	if !strings.Contains(got, "restuserkey") || strings.Contains(got, "restuser is missing") || !strings.Contains(got, "allowedTopologies") || strings.Contains(got, "My Secret Life") {
		t.Errorf("advice is %q", got)
	}
	delete(class.Parameters, "restuser")
	if params, _ := Problems(class, ""); !strings.Contains(strings.Join(Advice(class, params), "\n"), "restuser is missing") {
		t.Errorf("without a user, advice is %q", Advice(class, params))
	}
	if got := len(params.Warnings); got != 1 {
		t.Errorf("the parameters have %d warnings now", got)
	}
}
