package node

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestOneCallPerVolume(t *testing.T) {
	var l locks
	release, err := l.acquire(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.acquire(t.Context(), "other")
	if err != nil {
		t.Fatalf("another volume has to wait: %v", err)
	}
	other()
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := l.acquire(short, "one"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the same volume does not wait: %v", err)
	}
	got := make(chan error)
	go func() {
		release, err := l.acquire(t.Context(), "one")
		if err == nil {
			release()
		}
		got <- err
	}()
	release()
	if err := <-got; err != nil {
		t.Error(err)
	}
	if len(l.held) != 0 {
		t.Errorf("%d volumes are remembered", len(l.held))
	}
}
