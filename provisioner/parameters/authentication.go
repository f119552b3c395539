package parameters

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"glusterfs-provisioner/provisioner/volume"
)

const (
	restAuthEnabled     = "restauthenabled"
	restUser            = "restuser"
	restUserKey         = "restuserkey"
	secretName          = "secretName"
	secretNamespace     = "secretNamespace"
	restSecretName      = "restsecretname"
	restSecretNamespace = "restsecretnamespace"
)

const (
	keyInClass = "The StorageClass parameter restuserkey shows the heketi key to all who may read the class: " +
		"put the key into a Secret, and name that with secretName and secretNamespace instead."
	keyIgnored = "The StorageClass parameter restuserkey is not used, because the class names a Secret, " +
		"but still shows a key to all who may read the class: remove it."
)

func readAuthentication(given values, into *Parameters) []Problem {
	var problems []Problem
	switch strings.ToLower(given[restAuthEnabled]) {
	case "", "true":
	case "false":
		return nil
	default:
		problems = refuse(restAuthEnabled, given[restAuthEnabled], "must be true or false")
	}
	secret, wrong := readSecret(given)
	into.Heketi.User = given[restUser]
	into.Heketi.Secret = secret
	readUserKey(given, into)
	return append(problems, wrong...)
}

func readUserKey(given values, into *Parameters) {
	key := given[restUserKey]
	switch {
	case key == "":
	case into.Heketi.Secret != nil:
		into.Warnings = append(into.Warnings, keyIgnored)
	default:
		into.UserKey = key
		into.Heketi.KeyInClass = true
		into.Warnings = append(into.Warnings, keyInClass)
	}
}

// readSecret returns the Secret that either pair of names stands for, or nil.
func readSecret(given values) (*volume.SecretRef, []Problem) {
	secret, problems := readSecretPair(given, secretName, secretNamespace)
	former, wrong := readSecretPair(given, restSecretName, restSecretNamespace)
	problems = append(problems, wrong...)
	switch {
	case secret == nil:
		return former, problems
	case former != nil && *former != *secret:
		problems = append(problems, Problem{
			Parameter: restSecretName,
			Value:     former.String(),
			Reason:    "must be the Secret that secretName and secretNamespace name",
		})
	}
	return secret, problems
}

// readSecretPair returns nil unless both names are given and valid.
func readSecretPair(given values, nameKey, namespaceKey string) (*volume.SecretRef, []Problem) {
	name, namespace := given[nameKey], given[namespaceKey]
	if name == "" && namespace == "" {
		return nil, nil
	}
	var problems []Problem
	switch {
	case name == "":
		problems = refuse(nameKey, "", "must be given with "+namespaceKey)
	case len(validation.IsDNS1123Subdomain(name)) > 0:
		problems = refuse(nameKey, name, "must be the name of a Secret, a DNS-1123 subdomain")
	}
	switch {
	case namespace == "":
		problems = append(problems, refuse(namespaceKey, "", "must be given with "+nameKey)...)
	case len(validation.IsDNS1123Label(namespace)) > 0:
		problems = append(problems, refuse(namespaceKey, namespace, "must be the name of a namespace, a DNS-1123 label")...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return &volume.SecretRef{Namespace: namespace, Name: name}, nil
}
