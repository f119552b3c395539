package glusterxml

import (
	"fmt"
	"strconv"
)

// Healing is what a brick says of files that other bricks do not have as it has them.
type Healing struct {
	// Brick is HOST:PATH.
	Brick string
	// Connected says that the brick could be asked; otherwise nothing is known of it.
	Connected bool
	// Pending are entries that are to be healed or just are, and SplitBrain those that cannot be.
	Pending, SplitBrain int
}

// ReadHealing reads what "gluster volume heal VOLUME info summary --xml" printed.
func ReadHealing(printed []byte) ([]Healing, error) {
	var told struct {
		Bricks []struct {
			Name       string `xml:"name"`
			Status     string `xml:"status"`
			Total      string `xml:"totalNumberOfEntries"`
			SplitBrain string `xml:"numberOfEntriesInSplitBrain"`
		} `xml:"healInfo>bricks>brick"`
	}
	if err := read(printed, &told); err != nil {
		return nil, err
	}
	var all []Healing
	for _, brick := range told.Bricks {
		healing := Healing{Brick: brick.Name, Connected: brick.Status == "Connected"}
		if healing.Connected {
			// Of one that is not connected it prints no numbers.
			total, err := count(brick.Total)
			if err != nil {
				return nil, fmt.Errorf("gluster tells of the brick %q how many entries it has to heal: %w", brick.Name, err)
			}
			if healing.SplitBrain, err = count(brick.SplitBrain); err != nil {
				return nil, fmt.Errorf("gluster tells of the brick %q how many entries it has in split-brain: %w", brick.Name, err)
			}
			if healing.SplitBrain > total {
				return nil, fmt.Errorf("gluster tells of the brick %q that of %d entries %d are in split-brain", brick.Name, total, healing.SplitBrain)
			}
			healing.Pending = total - healing.SplitBrain
		}
		all = append(all, healing)
	}
	return all, nil
}

// count reads how many there are.
func count(text string) (int, error) {
	number, err := strconv.ParseUint(text, 10, 31)
	return int(number), err
}
