package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
)

const name = "kubectl-glusterfs"

// Exit statuses. What is wrong with the arguments is exitUnknown, too: nothing was told then.
const (
	exitOK      = 0
	exitWrong   = 1
	exitUnknown = 2
)

// outcome is the exit status of a verb that has said all that there is to say.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit status %d", int(o)) }

// Main runs the command with the given arguments, of which the first is the program, and returns
// its exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	root := newRoot(args[0])
	root.SetArgs(args[1:])
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var told outcome
	switch {
	case errors.As(err, &told):
		return int(told)
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return exitUnknown
	}
	return exitOK
}

// settings are what all verbs have.
type settings struct {
	flags     *genericclioptions.ConfigFlags
	installed cluster.Installed
}

func newRoot(program string) *cobra.Command {
	s := &settings{flags: genericclioptions.NewConfigFlags(true)}
	root := &cobra.Command{
		Use:   name,
		Short: "What GlusterFS claims wait for, and how the provisioner and its volumes are",
		Long: "Says what GlusterFS claims wait for, what volumes there are, and whether the provisioner is\n" +
			"installed as it should be. It has the rights of who types. Only rollout changes something: it\n" +
			"replaces GlusterFS pods that run in Kubernetes, one by one.",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: calledAs(program)},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	s.flags.AddFlags(flags)
	flags.StringVar(&s.installed.Provisioner, "provisioner-name", installed.Provisioner, "Name by which classes ask for the provisioner.")
	flags.StringVar(&s.installed.Namespace, "provisioner-namespace", installed.Namespace, "Namespace where the provisioner runs.")
	flags.StringVar(&s.installed.GlusterNamespace, "gluster-namespace", installed.GlusterNamespace, "Namespace where GlusterFS pods and heketi run, if they run in Kubernetes.")
	root.AddCommand(whyCommand(s), checkCommand(s), listCommand(s), classesCommand(s), heketisCommand(s), auditCommand(s), bundleCommand(s), convertCommand(), rolloutCommand(s), versionCommand(s))
	return root
}

// calledAs is what a person types to run the program: as a plugin, kubectl runs it by a name
// that begins with "kubectl-".
func calledAs(program string) string {
	base := filepath.Base(program)
	if rest, is := strings.CutPrefix(base, "kubectl-"); is {
		return "kubectl " + rest
	}
	return base
}

// cluster returns what asks the API server.
func (s *settings) cluster() (cluster.Cluster, error) {
	config, err := s.flags.ToRESTConfig()
	if err != nil {
		return cluster.Cluster{}, err
	}
	// A person waits; API Priority and Fairness guards the server.
	config.QPS, config.Burst = -1, -1
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return cluster.Cluster{}, err
	}
	return cluster.Cluster{Client: client, Installed: s.installed, Config: config}, nil
}

// namespace is the one of --namespace or of the kubeconfig's context.
func (s *settings) namespace() (string, error) {
	namespace, _, err := s.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}
