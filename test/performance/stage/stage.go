package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/load"
)

// Namespace is where deploy/ puts the provisioner, account its ServiceAccount.
const (
	Namespace = "glusterfs-provisioner"
	account   = "glusterfs-provisioner"
)

// Names that StorageClasses have for who provisions.
const (
	Ours   = "gluster.org/glusterfs"
	InTree = "kubernetes.io/glusterfs"
)

// Raised is what kube-controller-manager may request per second where it shall
// not be what binds; Default is what it may by default, in 1.25 and in 1.36.
const (
	Raised  = 2000
	Default = 20
)

// Options say what to set up.
type Options struct {
	// Kubernetes is the version.
	Kubernetes bench.Kubernetes
	// ControllerManagerQPS is Raised or Default.
	ControllerManagerQPS int
	// CountRequests has the API server write an audit log.
	CountRequests bool
	// Binary is the provisioner.
	Binary string
}

// Stage is what runs. It has to be struck.
type Stage struct {
	Cluster  *bench.Cluster
	Client   kubernetes.Interface
	Observer *load.Observer

	dir         string
	binary      string
	stopWatch   context.CancelFunc
	heketis     []*bench.Heketi
	provisioner *bench.Process
	classes     int
}

// Set sets a stage, without a heketi and a provisioner. What it returns has to be
// struck, also after an error.
func Set(ctx context.Context, options Options) (s *Stage, err error) {
	s = &Stage{binary: options.Binary}
	if s.dir, err = os.MkdirTemp("", "glusterfs-provisioner-performance-"); err != nil {
		return s, err
	}
	var audit []string
	if options.CountRequests {
		if audit, err = s.auditArgs(); err != nil {
			return s, err
		}
	}
	s.Cluster, err = bench.StartCluster(ctx, bench.Options{
		Kubernetes:           options.Kubernetes,
		ControllerManagerQPS: options.ControllerManagerQPS,
		// Its defaults are 20 and 30; so is the proportion of others.
		ControllerManagerBurst: options.ControllerManagerQPS * 3 / 2,
		APIServerArgs:          audit,
	})
	if err != nil {
		return s, err
	}
	if s.Client, err = s.newClient(); err != nil {
		return s, err
	}
	if err := s.install(ctx, options.Kubernetes); err != nil {
		return s, err
	}
	var watching context.Context
	watching, s.stopWatch = context.WithCancel(context.WithoutCancel(ctx))
	s.Observer, err = load.Observe(watching, s.Client)
	return s, err
}

// newClient returns the load's own client, which shall cost little.
func (s *Stage) newClient() (kubernetes.Interface, error) { return s.clientOf("load", -1) }

// NewUser returns the client of somebody who makes so many requests a second at most.
func (s *Stage) NewUser(perSecond float32) (kubernetes.Interface, error) {
	return s.clientOf("user", perSecond)
}

func (s *Stage) clientOf(agent string, perSecond float32) (kubernetes.Interface, error) {
	config := s.Cluster.AdminConfig()
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.QPS, config.Burst = perSecond, 1
	config.UserAgent = agent
	return kubernetes.NewForConfig(config)
}

// install installs what deploy/ has but the Deployment, since there are no nodes, and
// where kubelets do not mount the source glusterfs, the CSIDriver of the node plugin.
func (s *Stage) install(ctx context.Context, kubernetes bench.Kubernetes) error {
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	files, err := bench.Manifests(root)
	if err != nil {
		return err
	}
	if kubernetes != bench.OldestKubernetes {
		files = append(files, filepath.Join(root, "deploy", "csi", "20-csidriver.yaml"))
	}
	for _, file := range files {
		if output, err := s.Cluster.Kubectl(ctx, "apply", "-f", file); err != nil {
			return fmt.Errorf("kubectl apply -f %s: %w: %s", file, err, output)
		}
	}
	return nil
}

// StartHeketi starts a heketi with one cluster.
func (s *Stage) StartHeketi(ctx context.Context, faults ...bench.Fault) (*bench.Heketi, error) {
	return s.StartHeketiWith(ctx, bench.HeketiOptions{Faults: faults})
}

// StartHeketiWith starts a heketi that is set up otherwise.
func (s *Stage) StartHeketiWith(ctx context.Context, options bench.HeketiOptions) (*bench.Heketi, error) {
	options.Auth = true
	heketi, err := bench.StartHeketi(ctx, options)
	if err != nil {
		return nil, err
	}
	s.heketis = append(s.heketis, heketi)
	return heketi, nil
}

// NewClaims makes a class of the given provisioner for the heketi at that URL, and
// a namespace; it returns so many claims of the class in it, yet to be made. The
// parameters come besides those that name the heketi.
func (s *Stage) NewClaims(ctx context.Context, provisioner, url, key string, count int, parameters map[string]string) (load.Claims, error) {
	s.classes++
	name := fmt.Sprintf("load-%d", s.classes)
	_, err := s.Client.CoreV1().Namespaces().Create(ctx, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		return load.Claims{}, err
	}
	secret := &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace},
		// The one type that both provisioners accept.
		Type: InTree,
		Data: map[string][]byte{"key": []byte(key)},
	}
	if _, err := s.Client.CoreV1().Secrets(Namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
		return load.Claims{}, err
	}
	class := &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: name},
		Provisioner: provisioner,
		// It costs nothing as long as no claim is raised.
		AllowVolumeExpansion: new(true),
		Parameters:           map[string]string{"resturl": url, "restuser": "admin", "secretNamespace": Namespace, "secretName": name},
	}
	for key, value := range parameters {
		class.Parameters[key] = value
	}
	if _, err := s.Client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{}); err != nil {
		return load.Claims{}, err
	}
	return load.Claims{Client: s.Client, Observer: s.Observer, Namespace: name, Class: name, Count: count}, nil
}

// Strike ends everything that was started.
func (s *Stage) Strike() error {
	if s.stopWatch != nil {
		s.stopWatch()
	}
	var errs []error
	if s.provisioner != nil {
		// Not with SIGTERM, on which it finishes what it has begun.
		errs = append(errs, s.provisioner.Kill())
	}
	for _, heketi := range s.heketis {
		errs = append(errs, heketi.Stop())
	}
	if s.Cluster != nil {
		errs = append(errs, s.Cluster.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}
