package stage

import (
	"os"
	"path/filepath"
)

// auditPolicy has the API server log every request.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`

// AuditLog is the path of the API server's audit log.
func (s *Stage) AuditLog() string { return filepath.Join(s.dir, "audit.log") }

func (s *Stage) auditArgs() ([]string, error) {
	policy := filepath.Join(s.dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	return []string{"--audit-policy-file=" + policy, "--audit-log-path=" + s.AuditLog(), "--audit-log-maxsize=1000"}, nil
}
