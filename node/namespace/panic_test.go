package namespace

import (
	"os"
	"strings"
	"testing"
)

// TestDoSurvivesAPanic has a function panic, which does not end this process.
func TestDoSurvivesAPanic(t *testing.T) {
	set, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if _, err := Do(t.Context(), set, func() (int, error) { panic("out of range") }); err == nil || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("it ended with %v", err)
	}
	if one, err := Do(t.Context(), set, func() (int, error) { return 1, nil }); one != 1 || err != nil {
		t.Errorf("the next one returned %d, %v", one, err)
	}
}
