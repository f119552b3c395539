package integration

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/parameters/parameterstest"
	"glusterfs-provisioner/test/bench"
)

// admit returns the API server's verdict on a class with the parameters, which is not made.
func admit(ctx context.Context, provisioner string, parameters map[string]string) error {
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: unique("class")}, Provisioner: provisioner, Parameters: parameters}
	_, err := env.client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// TestAdmissionPolicy has the API server judge the classes that the parser is tested with, by
// the policy that is shipped. Both come to the same verdicts.
func TestAdmissionPolicy(t *testing.T) {
	if !newerThan(t, "1.30") {
		t.Skip("this version of Kubernetes has no ValidatingAdmissionPolicy")
	}
	name := "test.gluster.org/" + unique("p")
	before := newClass(t, &provisioner{name: name}, nil, map[string]string{"resturl": "heketi:8080"})
	shipped := string(must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "deploy", "admission-policy", "policy.yaml"))))
	policy := unique("policy")
	applied := strings.NewReplacer("'gluster.org/glusterfs'", "'"+name+"'", "name: glusterfs-provisioner-classes", "name: "+policy, "policyName: glusterfs-provisioner-classes", "policyName: "+policy).Replace(shipped)
	apply(t, applied)
	t.Cleanup(func() {
		_, err := env.cluster.Kubectl(context.WithoutCancel(t.Context()), "delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", policy)
		if err != nil {
			t.Error(err)
		}
	})
	bench.Eventually(t, soon, func(ctx context.Context) error {
		if err := admit(ctx, name, nil); !refusedByPolicy(err) {
			return errorOf("the policy is not in force yet")
		}
		return nil
	})

	for parameter, values := range parameterstest.Right {
		for _, value := range values {
			if err := admit(t.Context(), name, parameterstest.With(parameter, value)); err != nil {
				t.Errorf("%s %q: %v", parameter, value, err)
			}
		}
	}
	for what, parameters := range parameterstest.RightClasses {
		if err := admit(t.Context(), name, parameters); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for parameter, values := range parameterstest.Wrong {
		for _, value := range values {
			err := admit(t.Context(), name, parameterstest.With(parameter, value))
			if !refusedByPolicy(err) || !strings.Contains(err.Error(), "denied request: "+parameter) || !strings.Contains(err.Error(), ": must ") {
				t.Errorf("%s %q: %v", parameter, value, err)
			}
		}
	}
	for what, parameters := range parameterstest.WrongClasses {
		if err := admit(t.Context(), name, parameters); !refusedByPolicy(err) || strings.Contains(err.Error(), "My Secret Life") {
			t.Errorf("%s: %v", what, err)
		}
	}

	all := admit(t.Context(), name, parameterstest.AllWrong())
	for parameter := range parameterstest.Wrong {
		if !strings.Contains(all.Error(), "; "+parameter+` "`) {
			t.Errorf("%s is not told of where all is wrong: %v", parameter, all)
		}
	}
	if err := admit(t.Context(), "example.com/other", parameterstest.AllWrong()); err != nil {
		t.Errorf("a class of another provisioner: %v", err)
	}
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "label", "storageclass", before.Name, "still=here"))
}

func refusedByPolicy(err error) bool {
	return apierrors.IsInvalid(err) && strings.Contains(err.Error(), "ValidatingAdmissionPolicy") && !strings.Contains(err.Error(), "resulted in error")
}
