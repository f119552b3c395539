package glusterxml

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Volume is what gluster has written down of a volume.
type Volume struct {
	Name string
	// Started says that it is to be served.
	Started bool
	// SetSize is how many bricks, one after another, have the same files or pieces of them: 1 if each file is on one
	// brick only. Redundancy is how many of a dispersed set may be away.
	SetSize, Redundancy int
	Bricks              []Brick
	// Options are those that were set.
	Options map[string]string
}

// Brick is a brick of a volume: its name is HOST:PATH, and Host is the ID of its host in the pool.
type Brick struct {
	Name, Host string
}

// Path is its folder on its host.
func (b Brick) Path() string {
	// A host that is an IPv6 address has colons, but no slash.
	_, path, _ := strings.Cut(b.Name, ":/")
	return "/" + path
}

// Heals says whether what a brick misses while it is away is brought to it later.
func (v Volume) Heals() bool { return v.SetSize > 1 }

// HealingOff is the option by which somebody has turned off the daemon that heals it; empty if nobody has, or if there is nothing to heal.
func (v Volume) HealingOff() (option string) {
	option = "cluster.self-heal-daemon"
	if v.Redundancy > 0 {
		option = "cluster.disperse-self-heal-daemon"
	}
	if v.Heals() && slices.Contains(off, strings.ToLower(v.Options[option])) {
		return option
	}
	return ""
}

// off are gluster's words for a switch that is off (gf_string2boolean).
var off = []string{"0", "off", "no", "false", "disable"}

// Sets are the bricks that have the same files or pieces of them.
func (v Volume) Sets() [][]Brick {
	var sets [][]Brick
	for first := 0; first+v.SetSize <= len(v.Bricks); first += v.SetSize {
		sets = append(sets, v.Bricks[first:first+v.SetSize])
	}
	return sets
}

// printedVolume is a volume as it is printed.
type printedVolume struct {
	Name       string `xml:"name"`
	Status     string `xml:"statusStr"`
	Replicas   int    `xml:"replicaCount"`
	Dispersed  int    `xml:"disperseCount"`
	Redundancy int    `xml:"redundancyCount"`
	Bricks     []struct {
		Name string `xml:"name"`
		Host string `xml:"hostUuid"`
	} `xml:"bricks>brick"`
	Options []struct {
		Name  string `xml:"name"`
		Value string `xml:"value"`
	} `xml:"options>option"`
}

// ReadVolumes reads what "gluster volume info all --xml" printed.
func ReadVolumes(printed []byte) ([]Volume, error) {
	var told struct {
		XMLName xml.Name        `xml:"cliOutput"`
		Volumes []printedVolume `xml:"volInfo>volumes>volume"`
	}
	if err := read(printed, &told); err != nil {
		return nil, err
	}
	var volumes []Volume
	for _, printed := range told.Volumes {
		volume := Volume{
			Name: printed.Name, Started: printed.Status == "Started", SetSize: max(printed.Replicas, printed.Dispersed),
			Redundancy: printed.Redundancy, Options: map[string]string{},
		}
		if volume.SetSize < 1 || len(printed.Bricks) == 0 || len(printed.Bricks)%volume.SetSize != 0 {
			return nil, fmt.Errorf("gluster tells of the volume %q that its %d bricks are sets of %d", volume.Name, len(printed.Bricks), volume.SetSize)
		}
		for _, brick := range printed.Bricks {
			volume.Bricks = append(volume.Bricks, Brick{Name: brick.Name, Host: brick.Host})
		}
		for _, option := range printed.Options {
			volume.Options[option.Name] = option.Value
		}
		volumes = append(volumes, volume)
	}
	return volumes, nil
}
