package volume

import "testing"

func TestDurabilityString(t *testing.T) {
	for durability, want := range map[Durability]string{
		{Kind: Replicate, Replicas: 2}:            "replicate:2",
		{Kind: Replicate, Replicas: 3}:            "replicate:3",
		{Kind: Disperse, Data: 4, Redundancy: 2}:  "disperse:4:2",
		{Kind: Disperse, Data: 8, Redundancy: 3}:  "disperse:8:3",
		{Kind: Distribute}:                        "none",
		{Kind: "something of a heketi yet to be"}: "something of a heketi yet to be",
	} {
		if got := durability.String(); got != want {
			t.Errorf("%#v: got %q, want %q", durability, got, want)
		}
	}
}
