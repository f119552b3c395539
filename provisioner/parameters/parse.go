package parameters

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// values holds what a class gives, by the parameter's documented name and
// trimmed. An empty value is the same as none.
type values map[string]string

// rule reads the parameters of one concern.
type rule struct {
	names []string
	// read fills in what its parameters say, or what they default to, and
	// returns what is wrong with them.
	read func(given values, into *Parameters) []Problem
	// admitted is what has to hold so that read finds nothing wrong.
	admitted []condition
}

var rules = []rule{
	{[]string{restURL}, readURL, admittedURL},
	{[]string{
		restAuthEnabled, restUser, restUserKey,
		secretName, secretNamespace, restSecretName, restSecretNamespace,
	}, readAuthentication, admittedAuthentication()},
	{[]string{clusterID}, readClusters, admittedClusters},
	{[]string{gidMin, gidMax}, readGIDs, admittedGIDs},
	{[]string{volumeType}, readDurability, admittedDurability},
	{[]string{volumeOptions}, readVolumeOptions, admittedVolumeOptions},
	{[]string{volumeNamePrefix}, readVolumeNamePrefix, admittedVolumeNamePrefix},
	{[]string{snapFactor}, readSnapshotFactor, admittedSnapshotFactor},
	{[]string{endpointsNamePrefix}, readEndpointsNamePrefix, admittedEndpointsNamePrefix},
	{[]string{endpointsScope}, readEndpointsScope, admittedEndpointsScope},
	{[]string{pvSource}, readSource, admittedSource},
	{[]string{smartClone, gidAllocate}, checkFormer, admittedFormer},
}

// Parse reads the parameters of a StorageClass. Names may be in any case, and
// white space around values does not count. The error is an *InvalidError with
// all that is wrong, in an order that depends on the class alone.
func Parse(class map[string]string) (*Parameters, error) {
	given, problems := collect(class)
	parsed := &Parameters{}
	for _, rule := range rules {
		problems = append(problems, rule.read(given, parsed)...)
	}
	if len(problems) == 0 {
		return parsed, nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return byName(a.Parameter, b.Parameter)
	})
	return nil, &InvalidError{Problems: problems}
}

const (
	noSuchParameter = "no such parameter"
	namesAre        = ", the names are "
	givenOnce       = "must be given once"
)

// collect returns the values of the known parameters. Its problems show no
// value: an unknown parameter may be a misspelled restuserkey.
func collect(class map[string]string) (values, []Problem) {
	given := values{}
	spelling := map[string]string{}
	listed := false
	var problems []Problem
	for _, key := range slices.SortedFunc(maps.Keys(class), byName) {
		name := documentedName(key)
		switch {
		case name == "":
			reason := noSuchParameter
			if !listed {
				reason += namesAre + strings.Join(knownNames(), ", ")
				listed = true
			}
			problems = append(problems, Problem{Parameter: key, Reason: reason})
		case spelling[name] != "":
			reason := fmt.Sprintf("%s, not both as %s and as %s", givenOnce, spelling[name], key)
			problems = append(problems, Problem{Parameter: name, Reason: reason})
		default:
			spelling[name] = key
			given[name] = strings.TrimSpace(class[key])
		}
	}
	return given, problems
}

// documentedName returns a parameter's name as it is documented, or "" if there
// is no such parameter.
func documentedName(key string) string {
	for _, rule := range rules {
		for _, name := range rule.names {
			if inLowerCase(name) == inLowerCase(key) {
				return name
			}
		}
	}
	return ""
}

// inLowerCase returns a name with its ASCII letters in lower case. Others have no part in the
// names of parameters, not even those that Unicode folds to ASCII.
func inLowerCase(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

func knownNames() []string {
	var names []string
	for _, rule := range rules {
		names = append(names, rule.names...)
	}
	slices.SortFunc(names, byName)
	return names
}

func byName(a, b string) int {
	return cmp.Or(
		cmp.Compare(strings.ToLower(a), strings.ToLower(b)),
		cmp.Compare(a, b),
	)
}
