package parameterstest

import "strings"

// RightClasses are parameters of classes that are right together, by what they show.
var RightClasses = map[string]map[string]string{
	"only a URL":      {"resturl": URL},
	"names in caps":   {"RestURL": " " + URL + "\n", "GIDMIN": " 3000 ", "VolumeType": " none ", "SECRETNAME": " a ", "secretnamespace": "\tb"},
	"of a user":       {"resturl": "http://10.103.98.75:8080", "restuser": "admin", "gidMin": "40000", "gidMax": "50000", "volumetype": "replicate:3"},
	"Secret":          {"resturl": URL, "secretName": "a.a", "secretNamespace": "b"},
	"former Secret":   {"resturl": URL, "restsecretname": "a.a", "restsecretnamespace": "b"},
	"Secret twice":    {"resturl": URL, "secretname": "a.a", "secretnamespace": "b", "restSecretName": "a.a", "restSecretNamespace": "b"},
	"Secret and key":  {"resturl": URL, "secretName": "a.a", "secretNamespace": "b", "restuserkey": "k"},
	"Secret unused":   {"resturl": URL, "restauthenabled": "False", "secretName": "NOT VALID", "restsecretname": "a"},
	"one GID":         {"resturl": URL, "gidMin": "5000", "gidMax": "5000"},
	"the highest GID": {"resturl": URL, "gidMin": "2147483647", "gidMax": "2147483646"},
	"all": {
		"resturl": "https://127.0.0.1:8081", "clusterid": "sadfa2435hfghsrg462345", "restauthenabled": "true", "restuser": "admin",
		"secretNamespace": "default", "secretName": "heketi-secret", "gidMin": "40000", "gidMax": "50000", "volumetype": "replicate:3",
		"volumeoptions": "client.ssl on", "volumenameprefix": "x", "snapfactor": "1.5", "customepnameprefix": "a", "endpointsscope": "cluster",
		"pvsource": "csi", "smartclone": "false", "gidallocate": "true",
	},
}

// WrongClasses are parameters of classes that are wrong, by what is.
var WrongClasses = map[string]map[string]string{
	"nothing":                  nil,
	"no such parameter":        {"resturl": URL, "Foo": "a secret", "bar baz": "b"},
	"a blank before a name":    With(" gidMin", "3000"),
	"a name that only folds":   {"reſturl": URL},
	"a name twice":             {"resturl": URL, "gidmin": "3000", "GidMin": "4000"},
	"a name three times":       {"resturl": URL, "RESTUSERKEY": "one", "restUserKey": "two", "restuserkey": "three"},
	"no namespace":             {"resturl": URL, "secretName": "a"},
	"no Secret":                {"resturl": URL, "secretNamespace": "a", "secretName": " "},
	"halves of two Secrets":    {"resturl": URL, "secretName": "a", "restsecretnamespace": "b"},
	"bad names":                {"resturl": URL, "secretName": "a_b", "secretNamespace": "c.d"},
	"too long a name":          {"resturl": URL, "secretName": strings.Repeat("a", 254), "secretNamespace": "a"},
	"too long a namespace":     {"resturl": URL, "secretName": "a", "secretNamespace": strings.Repeat("a", 64)},
	"bad names, formerly":      {"resturl": URL, "restsecretname": "-", "restsecretnamespace": "B"},
	"two Secrets":              {"resturl": URL, "secretName": "a", "secretNamespace": "b", "restsecretname": "c", "restsecretnamespace": "b"},
	"two namespaces":           {"resturl": URL, "secretName": "a", "secretNamespace": "b", "restsecretname": "a", "restsecretnamespace": "c"},
	"lowest above highest GID": {"resturl": URL, "gidMin": "5000", "gidMax": "4000"},
	"highest below the lowest": {"resturl": URL, "gidMin": "2147483647", "gidMax": "2147483645"},
	"one GID is none":          {"resturl": URL, "gidMin": "5000", "gidMax": "x"},
	"all":                      AllWrong(),
}

// AllWrong returns the parameters of a class in which every one is wrong, by itself if it
// can be.
func AllWrong() map[string]string {
	return map[string]string{
		"resturl": "ftp://heketi", "restauthenabled": "maybe", "restuserkey": "My Secret Life",
		"secretName": "Mine", "restsecretnamespace": "a.b", "clusterid": "a b",
		"gidMin": "1999", "gidMax": "2147483648", "volumetype": "replicate:4", "volumeoptions": "a;b",
		"volumenameprefix": "a_b", "snapfactor": "101", "customepnameprefix": "A", "endpointsscope": "namespace", "pvsource": "nfs", "smartclone": "true",
		"gidallocate": "false", "zone": "a", "Zone": "b", "ReplicaCount": "2",
	}
}
