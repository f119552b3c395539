package main

import (
	"path/filepath"
	"strings"

	"glusterfs-provisioner/provisioner/parameters"
)

var policyFile = filepath.Join("deploy", "admission-policy", "policy.yaml")

const before = `# Has the API server refuse StorageClasses of the provisioner with wrong parameters when they
# are made. It needs Kubernetes 1.30 or newer, and is off unless it is applied by itself:
#
#   kubectl apply -f deploy/admission-policy/
#
# "make admission-policy" writes this file from the rules by which the provisioner reads
# parameters; change those.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: glusterfs-provisioner-classes
  labels:
    app.kubernetes.io/name: glusterfs-provisioner
spec:
  # A class on which the rules fail is one that they were not made for, so it is refused. Nothing
  # else can be: only classes of the provisioner are judged, and the API server asks nobody for it.
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      # Parameters never change, so a class that there is can still be labeled or be the default.
      - apiGroups: [storage.k8s.io]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [storageclasses]
  matchConditions:
    # The name is that of the flag --provisioner-name.
    - name: of-the-provisioner
      expression: object.provisioner == 'gluster.org/glusterfs'
  variables:
`

const after = `  validations:
    - expression: variables.problems.size() == 0
      messageExpression: variables.problems.join('; ')
      reason: Invalid
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: glusterfs-provisioner-classes
  labels:
    app.kubernetes.io/name: glusterfs-provisioner
spec:
  policyName: glusterfs-provisioner-classes
  # Warn in place of Deny has kubectl print what is wrong, and the class is made.
  validationActions: [Deny]
`

// policy returns the manifest.
func policy() string {
	var b strings.Builder
	b.WriteString(before)
	for _, variable := range parameters.Admission() {
		b.WriteString("    - name: " + variable.Name + "\n      expression: |-\n")
		for line := range strings.SplitSeq(variable.Expression, "\n") {
			b.WriteString("        " + line + "\n")
		}
	}
	b.WriteString(after)
	return b.String()
}
