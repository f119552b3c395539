package bundle

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
)

// Source is where a bundle is read from.
type Source struct {
	cluster.Cluster
	// Dynamic reads objects as the API server has them, with fields that are newer than this
	// command.
	Dynamic dynamic.Interface
}

// Write writes an archive of what a report needs, and returns what of it could not be read, each
// with the reason. About is a text that says what has made it.
func Write(ctx context.Context, source Source, to io.Writer, about string) (missing []string, err error) {
	at := time.Now().UTC()
	g := &gathering{Source: source, run: source.Run, archive: newArchive(to, "glusterfs-bundle-"+at.Format("20060102-150405"), at)}
	classes := g.list(ctx, storageClasses, metav1.NamespaceAll, metav1.ListOptions{})
	g.hider = newHider(classes)
	g.add("about.txt", []byte(fmt.Sprintf("%sprovisioner %s in namespace %s\n", about, g.Installed.Provisioner, g.Installed.Namespace)))
	g.version(ctx)
	g.installed(ctx)
	g.storage(ctx, classes)
	g.working(ctx)
	g.pods(ctx)
	g.commands(ctx, g.hosts(ctx))
	return g.missing, g.close()
}

// gathering is one bundle that is being made.
type gathering struct {
	Source
	*archive
	// run runs a command in the first container of a pod.
	run func(ctx context.Context, pod *v1.Pod, words []string, stdout, stderr io.Writer) error
}

// list returns objects of a kind; none if they could not be read.
func (g *gathering) list(ctx context.Context, kind schema.GroupVersionResource, namespace string, options metav1.ListOptions) []unstructured.Unstructured {
	list, err := g.Dynamic.Resource(kind).Namespace(namespace).List(ctx, options)
	if err != nil {
		g.miss(strings.TrimSpace(kind.Resource+" "+namespace), err)
		return nil
	}
	return list.Items
}

func (g *gathering) version(ctx context.Context) {
	answer, err := g.Client.Discovery().RESTClient().Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		g.miss("version", err)
		return
	}
	g.add("version.json", answer)
}

// installed adds what there is of what deploy/ makes.
func (g *gathering) installed(ctx context.Context) {
	manifests, err := cluster.Manifests()
	if err != nil {
		g.miss("deploy", err)
		return
	}
	for _, manifest := range manifests {
		resource, _ := meta.UnsafeGuessKindToResource(manifest.GroupVersionKind())
		name := strings.ToLower(manifest.GetKind()) + "-" + manifest.GetName()
		object, err := g.Dynamic.Resource(resource).Namespace(manifest.GetNamespace()).Get(ctx, manifest.GetName(), metav1.GetOptions{})
		if err != nil {
			g.miss("deploy/"+name, err)
			continue
		}
		g.addObjects("deploy/"+name+".yaml", []unstructured.Unstructured{*object})
	}
}
