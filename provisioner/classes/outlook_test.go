package classes

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/parameters/parameterstest"
)

func mustParse(t *testing.T, class map[string]string) *parameters.Parameters {
	t.Helper()
	parsed, err := parameters.Parse(class)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestLackOf(t *testing.T) {
	roomy := func(zone int) heketi.Host { return heketi.Host{Zone: zone, Online: true, FreeGiB: 10} }
	three := []heketi.Host{roomy(1), roomy(1), roomy(2)}
	strict := map[string]string{"volumeoptions": "client.ssl on," + zoneOption}
	for what, test := range map[string]struct {
		hosts []heketi.Host
		class map[string]string
		want  string
	}{
		"three hosts for three":        {three, nil, ""},
		"two hosts for three":          {three[:2], nil, "has 2 hosts with a device that is online and has 1 GiB free, and 3 are needed"},
		"two hosts for two":            {three[:2], map[string]string{"volumetype": "replicate:2"}, ""},
		"one host for none":            {three[:1], map[string]string{"volumetype": "none"}, ""},
		"no host":                      {nil, map[string]string{"volumetype": "none"}, "has 0 hosts"},
		"three hosts for six":          {three, map[string]string{"volumetype": "disperse:4:2"}, "6 are needed"},
		"a host is offline":            {append([]heketi.Host{{Zone: 3, FreeGiB: 10}}, three[:2]...), nil, "has 2 hosts"},
		"a host is full":               {append([]heketi.Host{{Zone: 3, Online: true, FreeGiB: 0.9}}, three[:2]...), nil, "has 2 hosts"},
		"room for no snapshots":        {three, map[string]string{"snapfactor": "10.5"}, "has 0 hosts with a device that is online and has 10.5 GiB free"},
		"two zones for three":          {three, strict, "has 2 zones"},
		"three zones for three":        {append([]heketi.Host{roomy(0)}, three...), strict, ""},
		"zones do not count otherwise": {three, map[string]string{"volumeoptions": "user.heketi.zone-checking none"}, ""},
	} {
		class := parameterstest.With("restuser", "admin")
		for name, value := range test.class {
			class[name] = value
		}
		got := lackOf(heketi.Cluster{ID: "c", TakesFiles: true, Hosts: test.hosts}, mustParse(t, class))
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: it lacks %q, want %q", what, got, test.want)
		}
	}
	if got := lackOf(heketi.Cluster{Hosts: three}, mustParse(t, parameterstest.With("restuser", "admin"))); got != "is for block volumes only" {
		t.Errorf("a cluster for block volumes: it lacks %q", got)
	}
}

func TestUsableClusters(t *testing.T) {
	for what, test := range map[string]struct {
		there, wanted, usable []string
		problems              []string
	}{
		"any":        {[]string{"a", "b"}, nil, []string{"a", "b"}, nil},
		"in order":   {[]string{"a", "b"}, []string{"b", "a"}, []string{"b", "a"}, nil},
		"one is not": {[]string{"a", "b"}, []string{"c", "a"}, []string{"a"}, []string{`clusterid "c": heketi http://h has no such cluster; it has a, b`}},
		"no cluster": {nil, []string{"a"}, nil, []string{"heketi http://h has no cluster; load a topology into it"}},
	} {
		var o Outlook
		if usable := o.usable("http://h", test.there, test.wanted); !reflect.DeepEqual(usable, test.usable) || !reflect.DeepEqual(o.Problems, test.problems) {
			t.Errorf("%s: usable are %q, problems %q", what, usable, o.Problems)
		}
	}
}

func TestConditions(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for what, test := range map[string]struct {
		is   heketi.Condition
		want Outlook
	}{
		"nothing is known": {heketi.Condition{Heketi: "http://h"}, Outlook{}},
		"the clock is off": {heketi.Condition{Heketi: "http://h", ClockRead: true, ClockAhead: -90 * time.Second},
			Outlook{Problems: []string{"heketi http://h: its clock is 1m30s behind"}}},
		"the certificate is good": {heketi.Condition{Heketi: "http://h", CertificateEnds: now.AddDate(0, 0, 15)},
			Outlook{Fine: []string{"the certificate of heketi http://h is valid until 2026-01-16T00:00:00Z"}}},
		"the certificate ends": {heketi.Condition{Heketi: "http://h", CertificateEnds: now.Add(13 * 24 * time.Hour)},
			Outlook{Advice: []string{"heketi http://h: its certificate, or one that vouches for it, ends at 2026-01-14T00:00:00Z"}}},
	} {
		var o Outlook
		o.noteCondition(test.is, now)
		for _, list := range []struct{ got, want []string }{{o.Problems, test.want.Problems}, {o.Advice, test.want.Advice}, {o.Fine, test.want.Fine}} {
			if !slices.EqualFunc(list.got, list.want, strings.HasPrefix) {
				t.Errorf("%s: got %q, want %q", what, list.got, list.want)
			}
		}
	}
}
