package heketi

import "time"

// Config bounds what talking to heketi may cost.
type Config struct {
	// RequestTimeout bounds a single HTTP request, and how long polls may fail
	// in a row before an operation's outcome is given up as unknown.
	RequestTimeout time.Duration
	// OperationTimeout bounds a create, an expansion or a delete, from the request to the
	// outcome. It also bounds the wait for a place among the operations under way. That
	// wait comes first and takes nothing from the operation's time.
	OperationTimeout time.Duration
	// MaxInFlight is how many creates, expansions and deletes may be under way in one
	// heketi at most. There are fewer while heketi answers 429, because others use it,
	// too. heketi 10.3 does so beyond 8 (max_inflight_operations).
	MaxInFlight int
	// BusyPatience is how long a 429 is waited out before it becomes an error.
	BusyPatience time.Duration
	// SettleTime is how long gluster may take to carry out a command whose caller is gone.
	// heketi undoes what it was interrupted in only if gluster has nothing of it before
	// and after that time.
	SettleTime time.Duration
	// Observer, if set, is told of what passes between this process and heketis.
	Observer Observer
}

// DefaultConfig suits a heketi with its default settings.
func DefaultConfig() Config {
	return Config{
		RequestTimeout:   30 * time.Second,
		OperationTimeout: 10 * time.Minute,
		MaxInFlight:      8,
		BusyPatience:     20 * time.Second,
		SettleTime:       30 * time.Second,
	}
}
