package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"

	"glusterfs-provisioner/deploy"
)

// installation is what deploy/heketi/ installs.
type installation struct {
	// inNamespace and everywhere are what it lets the account do.
	inNamespace, everywhere []rbacv1.PolicyRule
	config                  *v1.ConfigMap
	pod                     v1.PodSpec
}

// readInstallation reads deploy/heketi/.
func readInstallation() (read installation, err error) {
	for _, name := range []string{"10-rbac", "12-disks-rbac", "20-config", "30-deployment"} {
		text, err := deploy.Options.ReadFile("heketi/" + name + ".yaml")
		if err != nil {
			return read, err
		}
		if err := read.add(text); err != nil {
			return read, fmt.Errorf("deploy/heketi/%s.yaml: %w", name, err)
		}
	}
	return read, nil
}

// add reads the objects of a file.
func (i *installation) add(text []byte) error {
	for documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 1024); ; {
		var raw runtime.RawExtension
		switch err := documents.Decode(&raw); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(raw.Raw, nil, nil)
		if err != nil {
			return err
		}
		switch object := object.(type) {
		case *rbacv1.Role:
			i.inNamespace = append(i.inNamespace, object.Rules...)
		case *rbacv1.ClusterRole:
			i.everywhere = append(i.everywhere, object.Rules...)
		case *v1.ConfigMap:
			i.config = object
		case *appsv1.Deployment:
			i.pod = object.Spec.Template.Spec
		}
	}
}
