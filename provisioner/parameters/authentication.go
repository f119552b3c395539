package parameters

import (
	"fmt"
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

const (
	restAuthEnabledWanted = "must be true or false"
	givenWith             = "must be given with "
	secretNameWanted      = "must be the name of a Secret, a DNS-1123 subdomain"
	namespaceWanted       = "must be the name of a namespace, a DNS-1123 label"
	sameSecretWanted      = "must be the Secret that secretName and secretNamespace name"
)

func readAuthentication(given values, into *Parameters) []Problem {
	var problems []Problem
	switch strings.ToLower(given[restAuthEnabled]) {
	case "", "true":
	case "false":
		return nil
	default:
		problems = refuse(restAuthEnabled, given[restAuthEnabled], restAuthEnabledWanted)
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
			Reason:    sameSecretWanted,
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
		problems = refuse(nameKey, "", givenWith+namespaceKey)
	case len(validation.IsDNS1123Subdomain(name)) > 0:
		problems = refuse(nameKey, name, secretNameWanted)
	}
	switch {
	case namespace == "":
		problems = append(problems, refuse(namespaceKey, "", givenWith+nameKey)...)
	case len(validation.IsDNS1123Label(namespace)) > 0:
		problems = append(problems, refuse(namespaceKey, namespace, namespaceWanted)...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return &volume.SecretRef{Namespace: namespace, Name: name}, nil
}

// dnsLabel is the form of a DNS-1123 label, and of each part of a subdomain.
const dnsLabel = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`

func admittedAuthentication() []condition {
	all := []condition{{parameter: restAuthEnabled, holds: isOneOfInAnyCase(restAuthEnabled, "true", "false"), wanted: restAuthEnabledWanted}}
	off := value(restAuthEnabled) + ".lowerAscii() == 'false' || "
	pair := func(name, namespace string) {
		given := func(one, other string) string { return off + value(one) + " != '' || " + value(other) + " == ''" }
		valid := func(name, form string, longest int) string {
			return fmt.Sprintf("%[1]s%[2]s == '' || %[2]s.matches(r'^%[3]s$') && %[2]s.size() <= %[4]d", off, value(name), form, longest)
		}
		all = append(all,
			condition{parameter: name, holds: given(name, namespace), wanted: givenWith + namespace},
			condition{parameter: namespace, holds: given(namespace, name), wanted: givenWith + name},
			condition{parameter: name, holds: valid(name, dnsLabel+`([.]`+dnsLabel+`)*`, validation.DNS1123SubdomainMaxLength), wanted: secretNameWanted},
			condition{parameter: namespace, holds: valid(namespace, dnsLabel, validation.DNS1123LabelMaxLength), wanted: namespaceWanted})
	}
	pair(secretName, secretNamespace)
	pair(restSecretName, restSecretNamespace)
	return append(all, condition{
		parameter: restSecretName,
		holds: fmt.Sprintf("%s%s == '' || %s == '' || %[2]s == %[3]s && %[4]s == %[5]s", off,
			value(secretName), value(restSecretName), value(secretNamespace), value(restSecretNamespace)),
		wanted: sameSecretWanted,
	})
}
