package sandbox

import (
	"context"
	"fmt"
	"time"
)

// Part is something that tests share.
type Part struct {
	// Name is what it is, as a person is told.
	Name  string
	Start func(context.Context) error
}

// Start starts parts one after another, and tells for the program of that name how long each took.
func Start(ctx context.Context, program string, parts ...Part) error {
	for _, part := range parts {
		began := time.Now()
		if err := part.Start(ctx); err != nil {
			return err
		}
		fmt.Printf("%s: started %s in %s\n", program, part.Name, time.Since(began).Round(time.Second))
	}
	return nil
}
