package parameters

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/parameters/parameterstest"
	"glusterfs-provisioner/provisioner/volume"
)

const someURL = parameterstest.URL

func with(name, value string) map[string]string { return parameterstest.With(name, value) }

func mustParse(t *testing.T, class map[string]string) *Parameters {
	t.Helper()
	parsed, err := Parse(class)
	if err != nil {
		t.Fatalf("Parse(%q): %v", class, err)
	}
	return parsed
}

// mustRefuse checks that exactly the given parameters are complained about.
func mustRefuse(t *testing.T, class map[string]string, names ...string) *InvalidError {
	t.Helper()
	parsed, err := Parse(class)
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("Parse(%q) = %v, %v; want an *InvalidError about %q", class, parsed, err, names)
	}
	if parsed != nil {
		t.Errorf("Parse(%q) returns parameters next to its error", class)
	}
	var found []string
	for _, problem := range invalid.Problems {
		found = append(found, problem.Parameter)
	}
	if !slices.Equal(found, names) {
		t.Errorf("Parse(%q) complains about %q, want %q: %v", class, found, names, err)
	}
	return invalid
}

func defaults() Parameters {
	return Parameters{
		Heketi:              volume.Heketi{URL: someURL},
		GIDMin:              2000,
		GIDMax:              2147483646,
		Durability:          volume.Durability{Kind: volume.Replicate, Replicas: 3},
		VolumeOptions:       []string{findsAll},
		SnapshotFactor:      1,
		EndpointsNamePrefix: "glusterfs-dynamic",
	}
}

func TestClassesOfUsers(t *testing.T) {
	tests := []struct {
		class map[string]string
		want  func(*Parameters)
	}{{
		map[string]string{"resturl": "http://10.103.98.75:8080", "restuser": "admin", "gidMin": "40000", "gidMax": "50000", "volumetype": "replicate:3"},
		func(p *Parameters) {
			p.Heketi = volume.Heketi{URL: "http://10.103.98.75:8080", User: "admin"}
			p.GIDMin, p.GIDMax = 40000, 50000
		},
	}, {
		map[string]string{"resturl": "http://10.170.13.153:8080", "gidMin": "40000", "gidMax": "50000", "volumetype": "none"},
		func(p *Parameters) {
			p.Heketi.URL = "http://10.170.13.153:8080"
			p.GIDMin, p.GIDMax = 40000, 50000
			p.Durability = volume.Durability{Kind: volume.Distribute}
		},
	}, {
		map[string]string{
			"resturl": "https://127.0.0.1:8081", "clusterid": "sadfa2435hfghsrg462345", "restauthenabled": "true", "restuser": "admin",
			"secretNamespace": "default", "secretName": "heketi-secret", "gidMin": "40000", "gidMax": "50000", "volumetype": "replicate:3",
		},
		func(p *Parameters) {
			p.Heketi = volume.Heketi{
				URL: "https://127.0.0.1:8081", User: "admin",
				Secret: &volume.SecretRef{Namespace: "default", Name: "heketi-secret"},
			}
			p.Clusters = []string{"sadfa2435hfghsrg462345"}
			p.GIDMin, p.GIDMax = 40000, 50000
		},
	}, {
		map[string]string{"resturl": "https://10.254.42.129:8080", "restuser": "joe", "restuserkey": "My Secret Life"},
		func(p *Parameters) {
			p.Heketi = volume.Heketi{URL: "https://10.254.42.129:8080", User: "joe", KeyInClass: true}
			p.UserKey = "My Secret Life"
			p.Warnings = []string{keyInClass}
		},
	}, {
		map[string]string{"resturl": "https://172.30.86.3:8080"},
		func(p *Parameters) { p.Heketi.URL = "https://172.30.86.3:8080" },
	}}
	for _, test := range tests {
		want := defaults()
		test.want(&want)
		if got := mustParse(t, test.class); !reflect.DeepEqual(*got, want) {
			t.Errorf("Parse(%q)\n got %+v\nwant %+v", test.class, *got, want)
		}
	}
}

func TestClassesOfTheTable(t *testing.T) {
	for what, class := range parameterstest.RightClasses {
		if _, err := Parse(class); err != nil {
			t.Errorf("%s: Parse(%q): %v", what, class, err)
		}
	}
	for what, class := range parameterstest.WrongClasses {
		if parsed, err := Parse(class); err == nil {
			t.Errorf("%s: Parse(%q) = %v", what, class, parsed)
		}
	}
}

func TestEmptyValuesAreDefaults(t *testing.T) {
	class := map[string]string{}
	for _, name := range knownNames() {
		class[name] = " \t"
	}
	class[restURL] = someURL
	if got := mustParse(t, class); !reflect.DeepEqual(*got, defaults()) {
		t.Errorf("got %+v", *got)
	}
}

func TestNamesInAnyCaseAndValuesTrimmed(t *testing.T) {
	got := mustParse(t, map[string]string{
		"RestURL": " " + someURL + "\n", "GIDMIN": " 3000 ", "VolumeType": " none ", "SECRETNAME": " a ", "secretnamespace": "\tb",
	})
	want := defaults()
	want.GIDMin = 3000
	want.Durability = volume.Durability{Kind: volume.Distribute}
	want.Heketi.Secret = &volume.SecretRef{Namespace: "b", Name: "a"}
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v", *got)
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		class map[string]string
		want  string
	}{{
		map[string]string{"resturl": someURL, "Foo": "a secret", "bar baz": "b"},
		`"bar baz": no such parameter, the names are clusterid, customepnameprefix, endpointsscope, gidallocate, gidMax, gidMin, pvsource, ` +
			`restauthenabled, restsecretname, restsecretnamespace, resturl, restuser, restuserkey, secretName, ` +
			`secretNamespace, smartclone, snapfactor, volumenameprefix, volumeoptions, volumetype; Foo: no such parameter`,
	}, {
		map[string]string{"resturl": someURL, "gidmin": "3000", "GidMin": "4000"},
		`gidMin: must be given once, not both as GidMin and as gidmin`,
	}, {
		map[string]string{"resturl": someURL, "RESTUSERKEY": "one", "restUserKey": "two", "restuserkey": "three"},
		`restuserkey: must be given once, not both as RESTUSERKEY and as restUserKey; ` +
			`restuserkey: must be given once, not both as RESTUSERKEY and as restuserkey`,
	}}
	for _, test := range tests {
		if _, err := Parse(test.class); err == nil || err.Error() != test.want {
			t.Errorf("Parse(%q)\n got %v\nwant %s", test.class, err, test.want)
		}
	}
	_ = mustRefuse(t, with("", "x"), "")
	_ = mustRefuse(t, with(" gidMin", "3000"), " gidMin")
}

func TestAllProblemsAtOnceInStableOrder(t *testing.T) {
	invalid := mustRefuse(t, parameterstest.AllWrong(),
		"clusterid", "customepnameprefix", "endpointsscope", "gidallocate", "gidMax", "gidMin", "pvsource", "ReplicaCount", "restauthenabled",
		"restsecretname", "restsecretnamespace", "resturl", "secretName", "secretNamespace", "smartclone",
		"snapfactor", "volumenameprefix", "volumeoptions", "volumetype", "Zone", "zone")
	for range 100 {
		if _, err := Parse(parameterstest.AllWrong()); err.Error() != invalid.Error() {
			t.Fatalf("one time\n%v\nanother time\n%v", invalid, err)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	for _, name := range knownNames() {
		for _, value := range []string{strings.Repeat("é ", 10000), strings.Repeat("--", 10000)} {
			_, err := Parse(with(name, value))
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("%s: the message has %d bytes", name, len(err.Error()))
			}
		}
	}
	invalid := mustRefuse(t, with(strings.Repeat("x", 10000), ""), strings.Repeat("x", 10000))
	if len(invalid.Error()) > 500 {
		t.Errorf("unknown: the message has %d bytes", len(invalid.Error()))
	}
	if got, want := (Problem{"a", strings.Repeat("é", 101), "b"}).String(), `a "`+strings.Repeat("é", 100)+`...": b`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkParse(b *testing.B) {
	class := map[string]string{
		"resturl": "https://127.0.0.1:8081", "clusterid": "sadfa2435hfghsrg462345", "restauthenabled": "true", "restuser": "admin",
		"secretNamespace": "default", "secretName": "heketi-secret", "gidMin": "40000", "gidMax": "50000", "volumetype": "replicate:3",
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(class); err != nil {
			b.Fatal(err)
		}
	}
}
