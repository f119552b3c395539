package commandline

import (
	"errors"
	"fmt"

	logsapi "k8s.io/component-base/logs/api/v1"
)

// maxVerbosity is the highest at which client-go does not log what the API server answers, and
// with it the content of Secrets (glogBody in its rest/request.go).
const maxVerbosity = 7

// CheckVerbosity returns an error for each verbosity at which the content of Secrets would be logged. It is
// for programs that read or write Secrets.
func CheckVerbosity(logging *logsapi.LoggingConfiguration) error {
	var problems []error
	check := func(flag string, verbosity logsapi.VerbosityLevel) {
		if verbosity > maxVerbosity {
			problems = append(problems, fmt.Errorf("%s: must be at most %d; from %d on, what the API server answers is logged, and what Secrets have with it", flag, maxVerbosity, maxVerbosity+1))
		}
	}
	check(fmt.Sprintf("--v=%d", logging.Verbosity), logging.Verbosity)
	for _, item := range logging.VModule {
		check(fmt.Sprintf("--vmodule=%s=%d", item.FilePattern, item.Verbosity), item.Verbosity)
	}
	return errors.Join(problems...)
}
