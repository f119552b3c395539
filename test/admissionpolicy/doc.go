// Command admissionpolicy writes deploy/admission-policy/policy.yaml from the rules of the
// provisioner's parameters, so that an API server refuses the classes that the provisioner
// would. "make admission-policy" runs it.
package main
