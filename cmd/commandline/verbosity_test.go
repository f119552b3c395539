package commandline

import (
	"strings"
	"testing"

	logsapi "k8s.io/component-base/logs/api/v1"
)

// TestVerbositiesThatLogSecretsAreRefused goes to the highest that is allowed, and beyond.
func TestVerbositiesThatLogSecretsAreRefused(t *testing.T) {
	logging := logsapi.NewLoggingConfiguration()
	logging.Verbosity = maxVerbosity
	logging.VModule = logsapi.VModuleConfiguration{{FilePattern: "request", Verbosity: maxVerbosity}}
	if err := CheckVerbosity(logging); err != nil {
		t.Error(err)
	}
	logging.Verbosity++
	logging.VModule[0].Verbosity++
	err := CheckVerbosity(logging)
	for _, want := range []string{"--v=8: must be at most 7", "--vmodule=request=8: must be at most 7"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
