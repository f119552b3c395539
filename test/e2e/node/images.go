package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// Images that pods run. ProvisionerImage, PluginImage and KeeperImage are what a person would
// have pushed to a registry; BusyboxImage is a shell, a web server and the like.
const (
	ProvisionerImage = "registry.example.com/glusterfs-provisioner:0.1.0"
	PluginImage      = "registry.example.com/glusterfs-csi-node:0.1.0"
	KeeperImage      = "registry.example.com/heketi-keeper:0.1.0"
	BusyboxImage     = "docker.io/library/busybox:1.35"

	pauseImage = "registry.example.com/pause:bench"
	// agnhostImage is what most pods of Kubernetes' own tests run. Theirs has Alpine
	// Linux below it, here it is busybox.
	agnhostImage = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
)

// StorageSuiteImages are those that Kubernetes' own storage suite runs for a shell alone,
// for which BusyboxImage does.
var StorageSuiteImages = []string{
	"registry.k8s.io/e2e-test-images/busybox:1.37.0-1",
	"registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0",
	"registry.k8s.io/e2e-test-images/nginx:1.15-4",
}

// baseImages are what the targets of the project's Dockerfile begin with.
var baseImages = []string{"gcr.io/distroless/static:nonroot", "gcr.io/distroless/static"}

// target is one of the project's Dockerfile.
type target struct {
	name, tag string
	// programs are files, by the names of the programs in the stage that builds them.
	programs map[string]string
	// arguments are those of the build, such as DEBIAN=trixie.
	arguments []string
}

// baseDockerfile is what of the base images the programs need.
const baseDockerfile = `FROM scratch
COPY ca-certificates.crt /etc/ssl/certs/
COPY root /
`

const busyboxDockerfile = `FROM scratch
COPY bin /bin
COPY usr /usr
`

const pauseDockerfile = `FROM scratch
COPY pause /pause
USER 65535:65535
ENTRYPOINT ["/pause"]
`

const agnhostDockerfile = `FROM ` + BusyboxImage + `
COPY agnhost /agnhost
ENTRYPOINT ["/agnhost"]
CMD ["pause"]
`

// ImageSources are where the images' programs are.
type ImageSources struct {
	// Root is the repository, whose Dockerfile makes the project's images.
	Root string
	// Provisioner, Plugin and Pause are programs.
	Provisioner, Plugin, Pause string
	// Keeper and Heketi are the programs of KeeperImage, which is built only if they are given.
	Keeper, Heketi string
	// Agnhost is the program of agnhostImage, which is built only if it is given.
	Agnhost string
}

// targets are those of the Dockerfile that are built.
func (s ImageSources) targets() []target {
	all := []target{
		{name: "glusterfs-provisioner", tag: ProvisionerImage, programs: map[string]string{"glusterfs-provisioner": s.Provisioner}},
		{name: "glusterfs-csi-node", tag: PluginImage, programs: map[string]string{"glusterfs-csi-node": s.Plugin}},
	}
	if s.Keeper != "" {
		all = append(all, target{name: "heketi-keeper", tag: KeeperImage, programs: map[string]string{"heketi-keeper": s.Keeper, "heketi": s.Heketi}})
	}
	return all
}

// images builds images with buildah.
type images struct {
	folder string
}

// BuildImages builds the images and returns archives of them, in the folder. It
// needs no network.
func BuildImages(ctx context.Context, sources ImageSources, folder string) ([]string, error) {
	i := images{folder: folder}
	archives, err := i.build(ctx, sources)
	if err != nil {
		return nil, fmt.Errorf("cannot build the images: %w", err)
	}
	return archives, nil
}

func (i images) build(ctx context.Context, sources ImageSources) ([]string, error) {
	if err := i.gather(ctx, sources); err != nil {
		return nil, err
	}
	for _, tag := range baseImages {
		if err := i.buildah(ctx, "build", "--tag="+tag, i.file("base")); err != nil {
			return nil, err
		}
	}
	var tags []string
	for _, target := range sources.targets() {
		if err := i.buildTarget(ctx, sources.Root, target); err != nil {
			return nil, err
		}
		tags = append(tags, target.tag)
	}
	for tag, name := range map[string]string{BusyboxImage: "busybox", pauseImage: "pause"} {
		if err := i.buildah(ctx, "build", "--tag="+tag, i.file(name)); err != nil {
			return nil, err
		}
		tags = append(tags, tag)
	}
	if sources.Agnhost != "" {
		if err := i.buildAgnhost(ctx, sources.Agnhost); err != nil {
			return nil, err
		}
		tags = append(tags, agnhostImage)
	}
	return i.archive(ctx, tags)
}

func (i images) archive(ctx context.Context, tags []string) ([]string, error) {
	var archives []string
	for _, tag := range tags {
		archive := i.file(strings.NewReplacer("/", "-", ":", "-").Replace(tag) + ".tar")
		if err := i.buildah(ctx, "push", tag, "docker-archive:"+archive+":"+tag); err != nil {
			return nil, err
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

func (i images) buildAgnhost(ctx context.Context, program string) error {
	if err := errors.Join(i.copy(program, "agnhost/agnhost"), i.write("agnhost/Dockerfile", []byte(agnhostDockerfile))); err != nil {
		return err
	}
	return i.buildah(ctx, "build", "--pull=never", "--tag="+agnhostImage, i.file("agnhost"))
}

// buildTarget builds a target of the project's Dockerfile as it stands. Only its first
// stage is not run, which would build the programs from their source, with an image
// that cannot be pulled.
func (i images) buildTarget(ctx context.Context, root string, target target) error {
	for name, file := range target.programs {
		if err := i.copy(file, "programs/"+name); err != nil {
			return err
		}
	}
	flags := []string{"--pull=never", "--build-context=build=" + i.file("programs"), "--target=" + target.name, "--tag=" + target.tag}
	for _, argument := range target.arguments {
		flags = append(flags, "--build-arg="+argument)
	}
	return i.buildah(ctx, "build", append(flags, root)...)
}

// gather lays out what goes into the images, but for the project's programs.
func (i images) gather(ctx context.Context, sources ImageSources) error {
	for from, to := range map[string]string{
		"/etc/ssl/certs/ca-certificates.crt": "base/ca-certificates.crt",
		sources.Pause:                        "pause/pause",
		"/usr/bin/busybox":                   "busybox/usr/bin/busybox",
	} {
		if err := i.copy(from, to); err != nil {
			return err
		}
	}
	for to, content := range map[string]string{
		"base/Dockerfile": baseDockerfile, "pause/Dockerfile": pauseDockerfile, "busybox/Dockerfile": busyboxDockerfile,
	} {
		if err := i.write(to, []byte(content)); err != nil {
			return err
		}
	}
	// The umask would take from its mode.
	temporary := i.file("base/root/tmp")
	if err := errors.Join(os.MkdirAll(temporary, 0o755), os.Chmod(temporary, 0o777|os.ModeSticky)); err != nil {
		return err
	}
	// These links, to where busybox is run from, are how its parts are called.
	if err := os.MkdirAll(i.file("busybox/bin"), 0o755); err != nil {
		return err
	}
	_, err := bench.Run(ctx, nil, "/usr/bin/busybox", "--install", "-s", i.file("busybox/bin"))
	return err
}

// copy copies a file of the machine into the folder.
func (i images) copy(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return i.write(to, content)
}

func (i images) write(name string, content []byte) error {
	path := i.file(name)
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o755))
}

func (i images) file(name string) string { return filepath.Join(i.folder, name) }

func (i images) buildah(ctx context.Context, verb string, args ...string) error {
	flags := []string{"--root=" + i.file("storage"), "--runroot=/run/buildah", "--storage-driver=vfs", verb, "--quiet"}
	if verb == "build" {
		flags = append(flags, "--isolation=chroot")
	}
	_, err := bench.Run(ctx, nil, "buildah", append(flags, args...)...)
	return err
}
