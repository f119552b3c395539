// Package apilimit sets how often heketi may ask Kubernetes for pods. Before each list of commands that heketi runs in a pod it
// asks twice, and its client for Kubernetes allows five requests a second: a volume with three replicas takes ten seconds to be
// deleted by that alone.
package apilimit

import (
	"fmt"
	"os"
	"strconv"

	"github.com/heketi/heketi/pkg/remoteexec/kube"
	"k8s.io/client-go/rest"
)

// Variable is the variable of the environment with the requests a second, as --kube-api-qps of other programs has them: a
// negative number, and no value, are no limit. heketi runs one list of commands on a host at a time, which bounds them anyway.
const Variable = "HEKETI_KUBE_QPS"

// heketi has a variable for its configuration of Kubernetes, and asks for it once, when it starts.
func init() {
	inCluster := kube.InClusterConfig
	kube.InClusterConfig = func() (*rest.Config, error) { return limited(os.Getenv(Variable), inCluster) }
}

// limited returns a configuration of Kubernetes with requests a second, of which twice as many may come at once.
func limited(perSecond string, configure func() (*rest.Config, error)) (*rest.Config, error) {
	qps := -1.0
	if perSecond != "" {
		var err error
		if qps, err = strconv.ParseFloat(perSecond, 32); err != nil || qps == 0 {
			return nil, fmt.Errorf("%s=%q: must be a number of requests a second, or negative for no limit", Variable, perSecond)
		}
	}
	config, err := configure()
	if err != nil {
		return nil, err
	}
	config.QPS = float32(qps)
	config.Burst = max(1, int(2*qps))
	return config, nil
}
