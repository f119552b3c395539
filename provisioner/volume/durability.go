package volume

import "fmt"

// Kind is how heketi lays a volume out over its bricks.
type Kind string

const (
	// Replicate keeps Durability.Replicas copies of every file.
	Replicate Kind = "replicate"
	// Disperse spreads every file over Durability.Data bricks and adds
	// Durability.Redundancy bricks that may fail.
	Disperse Kind = "disperse"
	// Distribute keeps one copy of every file; its volume type is "none".
	Distribute Kind = "none"
)

// Durability is a volume's type. Only the counts that belong to its Kind are
// set.
type Durability struct {
	Kind       Kind
	Replicas   int
	Data       int
	Redundancy int
}

// String writes the durability as the class parameter volumetype does, such as
// "replicate:3", "disperse:4:2" or "none".
func (d Durability) String() string {
	switch d.Kind {
	case Replicate:
		return fmt.Sprintf("%s:%d", d.Kind, d.Replicas)
	case Disperse:
		return fmt.Sprintf("%s:%d:%d", d.Kind, d.Data, d.Redundancy)
	default:
		return string(d.Kind)
	}
}
