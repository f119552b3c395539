package parameters

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/parameters/parameterstest"
	"glusterfs-provisioner/provisioner/volume"
)

func TestAuthentication(t *testing.T) {
	pair := &volume.SecretRef{Namespace: "b", Name: "a.a"}
	tests := map[string]struct {
		class    map[string]string
		server   volume.Heketi
		key      string
		warnings []string
	}{
		"user":           {class: map[string]string{"restuser": "joe"}, server: volume.Heketi{User: "joe"}},
		"key":            {class: map[string]string{"restuserkey": " k "}, server: volume.Heketi{KeyInClass: true}, key: "k", warnings: []string{keyInClass}},
		"secret":         {class: map[string]string{"secretName": "a.a", "secretNamespace": "b"}, server: volume.Heketi{Secret: pair}},
		"other spelling": {class: map[string]string{"restsecretname": "a.a", "restsecretnamespace": "b"}, server: volume.Heketi{Secret: pair}},
		"both spellings": {
			class:  map[string]string{"secretname": "a.a", "secretnamespace": "b", "restSecretName": "a.a", "restSecretNamespace": "b"},
			server: volume.Heketi{Secret: pair},
		},
		"secret and key": {
			class:  map[string]string{"secretName": "a.a", "secretNamespace": "b", "restuserkey": "k"},
			server: volume.Heketi{Secret: pair}, warnings: []string{keyIgnored},
		},
		"on": {class: map[string]string{"restauthenabled": "TRUE", "restuser": "joe"}, server: volume.Heketi{User: "joe"}},
		"off": {class: map[string]string{
			"restauthenabled": "False", "restuser": "joe", "restuserkey": "k", "secretName": "NOT VALID", "restsecretname": "a",
		}},
	}
	for name, test := range tests {
		test.class["resturl"] = someURL
		test.server.URL = someURL
		got := mustParse(t, test.class)
		if !reflect.DeepEqual(got.Heketi, test.server) || got.UserKey != test.key || !reflect.DeepEqual(got.Warnings, test.warnings) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestBadAuthentication(t *testing.T) {
	refuseAll(t, "restauthenabled")
	message(t, "restauthenabled", "no", `restauthenabled "no": must be true or false`)

	refused := func(class map[string]string, want string, names ...string) {
		t.Helper()
		class["resturl"] = someURL
		if got := mustRefuse(t, class, names...).Error(); got != want {
			t.Errorf("%q:\n got %s\nwant %s", class, got, want)
		}
	}
	refused(map[string]string{"secretName": "a"}, "secretNamespace: must be given with secretName", "secretNamespace")
	refused(map[string]string{"secretNamespace": "a", "secretName": " "}, "secretName: must be given with secretNamespace", "secretName")
	refused(map[string]string{"secretName": "a", "restsecretnamespace": "b"},
		"restsecretname: must be given with restsecretnamespace; secretNamespace: must be given with secretName",
		"restsecretname", "secretNamespace")
	refused(map[string]string{"secretName": "a_b", "secretNamespace": "c.d"},
		`secretName "a_b": must be the name of a Secret, a DNS-1123 subdomain; `+
			`secretNamespace "c.d": must be the name of a namespace, a DNS-1123 label`,
		"secretName", "secretNamespace")
	refused(map[string]string{"secretName": "a", "secretNamespace": "b", "restsecretname": "c", "restsecretnamespace": "b"},
		`restsecretname "b/c": must be the Secret that secretName and secretNamespace name`, "restsecretname")
	refused(map[string]string{"secretName": strings.Repeat("a", 254), "secretNamespace": "-"},
		`secretName "`+strings.Repeat("a", 100)+`...": must be the name of a Secret, a DNS-1123 subdomain; `+
			`secretNamespace "-": must be the name of a namespace, a DNS-1123 label`,
		"secretName", "secretNamespace")
}

func TestKeyIsNeverPrinted(t *testing.T) {
	const key = "My Secret Life"
	bad := parameterstest.AllWrong()
	misspelled := with("restuserkeys", key)
	twice := with("restuserkey", key)
	twice["restUserKey"] = key
	good := with("restuserkey", key)
	ignored := with("restuserkey", key)
	ignored["secretName"], ignored["secretNamespace"] = "a", "b"
	for _, class := range []map[string]string{bad, misspelled, twice, good, ignored} {
		parsed, err := Parse(class)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			printed := fmt.Sprintf(verb, err)
			if parsed != nil {
				printed += fmt.Sprintf(verb, parsed) + fmt.Sprintf(verb, *parsed) + fmt.Sprintf(verb, parsed.Warnings)
			}
			var invalid *InvalidError
			if errors.As(err, &invalid) {
				printed += fmt.Sprintf(verb, invalid.Problems) + fmt.Sprintf(verb, *invalid)
			}
			if strings.Contains(printed, key) || strings.Contains(printed, fmt.Sprintf("%x", key)) {
				t.Errorf("%s of Parse(%q) shows the key: %s", verb, class, printed)
			}
		}
	}
	if parsed := mustParse(t, good); parsed.UserKey != key {
		t.Errorf("UserKey is %q", parsed.UserKey)
	}
}
