package audit

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const hour = time.Hour

func TestSightings(t *testing.T) {
	theOrphan, bothOrphans := has(theVolume()), has(theVolume(), otherVolume())
	failed := Inventory{Heketi: url, Err: errors.New("refused")}
	elsewhere := Inventory{Heketi: otherURL, Volumes: []Volume{otherVolume()}}
	type look struct {
		after time.Duration
		saw   []Inventory
	}
	for what, test := range map[string]struct {
		looks []look
		then  time.Duration
		age   time.Duration
		want  string // ids
	}{
		"no look":               {nil, 0, 0, ""},
		"just seen":             {[]look{{0, []Inventory{theOrphan}}}, 0, 0, "v1"},
		"too young":             {[]look{{0, []Inventory{theOrphan}}, {hour - 1, []Inventory{theOrphan}}}, 0, hour, ""},
		"old enough":            {[]look{{0, []Inventory{theOrphan}}, {hour, []Inventory{theOrphan}}}, 0, hour, "v1"},
		"old enough since":      {[]look{{0, []Inventory{theOrphan}}, {hour - 1, []Inventory{theOrphan}}}, 1, hour, "v1"},
		"one old, one young":    {[]look{{0, []Inventory{theOrphan}}, {hour, []Inventory{bothOrphans}}}, 0, hour, "v1"},
		"both old":              {[]look{{0, []Inventory{bothOrphans}}, {hour, []Inventory{bothOrphans}}}, 0, hour, "v2 v1"},
		"gone":                  {[]look{{0, []Inventory{theOrphan}}, {hour, []Inventory{has()}}}, 0, 0, ""},
		"gone and back":         {[]look{{0, []Inventory{theOrphan}}, {1, []Inventory{has()}}, {hour, []Inventory{theOrphan}}}, 0, hour, ""},
		"not asked now":         {[]look{{0, []Inventory{theOrphan}}, {hour, []Inventory{failed}}}, 0, hour, ""},
		"not asked in between":  {[]look{{0, []Inventory{theOrphan}}, {1, []Inventory{failed}}, {1, []Inventory{failed}}, {hour, []Inventory{theOrphan}}}, 0, hour, "v1"},
		"gone after a failure":  {[]look{{0, []Inventory{theOrphan}}, {1, []Inventory{failed}}, {1, []Inventory{has()}}, {hour, []Inventory{theOrphan}}}, 0, hour, ""},
		"another one failed":    {[]look{{0, []Inventory{elsewhere, theOrphan}}, {hour, []Inventory{elsewhere, failed}}}, 0, hour, "v2"},
		"named no more":         {[]look{{0, []Inventory{theOrphan}}, {1, nil}, {hour, []Inventory{theOrphan}}}, 0, hour, ""},
		"same id elsewhere":     {[]look{{0, []Inventory{theOrphan}}, {hour, []Inventory{{Heketi: otherURL, Volumes: theOrphan.Volumes}}}}, 0, hour, ""},
		"the clock went back":   {[]look{{0, []Inventory{theOrphan}}, {-hour, []Inventory{theOrphan}}}, 0, 0, ""},
		"and forward once more": {[]look{{0, []Inventory{theOrphan}}, {-hour, []Inventory{theOrphan}}}, 2 * hour, hour, "v1"},
	} {
		t.Run(what, func(t *testing.T) {
			now := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
			var sightings Sightings
			for _, look := range test.looks {
				now = now.Add(look.after)
				sightings.Note(Compare(look.saw, Known{}), now)
			}
			var ids []string
			for _, finding := range sightings.OlderThan(test.age, now.Add(test.then)) {
				ids = append(ids, finding.ID)
			}
			if got := strings.Join(ids, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSightingsAreOfOrphansAndAsTheyAreNow(t *testing.T) {
	begun := time.Now()
	var sightings Sightings
	inventories, known := everything()
	sightings.Note(Compare(inventories, known), begun)
	if got := sightings.OlderThan(0, begun); len(got) != 1 || got[0].Kind != Orphan {
		t.Errorf("got %+v, want the orphan alone", got)
	}
	sightings.Note(Compare([]Inventory{has(otherVolume(func(v *Volume) { v.SizeGiB = 70 }))}, Known{}), begun.Add(hour))
	if got := sightings.OlderThan(hour, begun.Add(hour)); len(got) != 1 || got[0].SizeGiB != 70 {
		t.Errorf("got %+v, want it with the 70 GiB that it has now", got)
	}
}
