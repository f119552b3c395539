package endpoints

import "testing"

func TestCompare(t *testing.T) {
	right := func(addresses ...string) *sighting { return &sighting{fits: true, addresses: addresses} }
	service, wrong := right(), &sighting{}
	now, before := []string{"10.0.0.1", "10.0.0.2"}, []string{"10.0.0.1", "10.0.0.3"}
	for _, test := range []struct {
		what               string
		service, endpoints *sighting
		before             []string
		reason             Reason
		found              string
	}{
		{"right", service, right(now...), before, "", ""},
		{"right, with nothing known from before", service, right(now...), nil, "", ""},
		{"both deleted", nil, nil, before, Missing, "the Service and the Endpoints had been deleted"},
		{"Service deleted", nil, right(now...), before, Missing, "the Service had been deleted"},
		{"Endpoints deleted", service, nil, before, Missing, "the Endpoints had been deleted"},
		{"Service changed", wrong, right(now...), before, Changed, "the Service had been changed"},
		{"Endpoints changed", service, wrong, before, Changed, "the Endpoints had been changed"},
		{"both changed", wrong, wrong, before, Changed, "the Service and the Endpoints had been changed"},
		{"one of each", wrong, nil, before, Missing, "the Endpoints had been deleted, the Service had been changed"},
		{"other addresses", service, right("10.0.0.9"), before, Changed, "the Endpoints had been changed"},
		{"no addresses", service, right(), nil, Changed, "the Endpoints had been changed"},
		{"an address less", service, right("10.0.0.1"), before, Changed, "the Endpoints had been changed"},
		{"the addresses before", service, right(before...), before, Followed, "the storage hosts had changed in heketi"},
		{"the addresses before, and the Service deleted", nil, right(before...), before, Missing, "the Service had been deleted, the Endpoints had been changed"},
		{"the addresses before, and the Service changed", wrong, right(before...), before, Changed, "the Service and the Endpoints had been changed"},
	} {
		t.Run(test.what, func(t *testing.T) {
			got := compare([]part{{"the Service", test.service, false}, {"the Endpoints", test.endpoints, true}}, now, test.before)
			if want := (difference{test.reason, test.found}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestCompareConfigMaps(t *testing.T) {
	listing := func(addresses ...string) *sighting { return &sighting{fits: true, addresses: addresses} }
	now, before := []string{"10.0.0.1", "fd00::1"}, []string{"10.0.0.1"}
	for what, test := range map[string]struct {
		seen *sighting
		want difference
	}{
		"right":                {listing(now...), difference{}},
		"deleted":              {nil, difference{Missing, "the ConfigMap had been deleted"}},
		"changed":              {&sighting{}, difference{Changed, "the ConfigMap had been changed"}},
		"other addresses":      {listing("10.0.0.9"), difference{Changed, "the ConfigMap had been changed"}},
		"the addresses before": {listing(before...), difference{Followed, "the storage hosts had changed in heketi"}},
	} {
		if got := compare([]part{{"the ConfigMap", test.seen, true}}, now, before); got != test.want {
			t.Errorf("%s: got %+v, want %+v", what, got, test.want)
		}
	}
}
