package commandline

import (
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"
)

// StartLogging has the process log as the configuration says. Lines tell what they are about by
// the logger in their context, which Kubernetes 1.27 has switched off by default. Call it once,
// before anything else runs.
func StartLogging(configuration *logsapi.LoggingConfiguration) error {
	if err := logsapi.ValidateAndApply(configuration, nil); err != nil {
		return err
	}
	klog.EnableContextualLogging(true)
	return nil
}
