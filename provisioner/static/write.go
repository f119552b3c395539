package static

import (
	"bytes"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Write writes the objects in YAML, as kubectl apply reads them, below comments that say
// what volume it is.
func (m *Made) Write(out io.Writer) error {
	var text bytes.Buffer
	v := m.Volume
	fmt.Fprintf(&text, "# Volume %q (id %s, %d GiB) in cluster %s of heketi %s.\n", v.Name, v.ID, v.SizeGiB, v.Cluster, m.Heketi)
	if v.GID == 0 {
		fmt.Fprintln(&text, "# It has no GID in heketi, so only pods that run as root may write to it, or those whose user its folders belong to.")
	}
	if m.PersistentVolume.Spec.StorageClassName == "" {
		fmt.Fprintln(&text, `# It has no class, so that only a claim with storageClassName "" is bound to it, which Kubernetes does not let grow.`)
	}
	for _, object := range append(m.Listing, m.PersistentVolume) {
		document, err := documentOf(object)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "---\n%s", document)
	}
	_, err := text.WriteTo(out)
	return err
}

// documentOf leaves out what the API server sets.
func documentOf(object runtime.Object) ([]byte, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, err
	}
	delete(fields, "status")
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		delete(metadata, "creationTimestamp")
	}
	return yaml.Marshal(fields)
}
