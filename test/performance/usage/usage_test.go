package usage

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestWorkAndMemoryAreSeen(t *testing.T) {
	before, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	ballast := make([]byte, size)
	// For at least twice a tick, with the memory touched.
	for begun := time.Now(); time.Since(begun) < 100*time.Millisecond; {
		for i := 0; i < size; i += 4096 {
			ballast[i]++
		}
	}
	after, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(ballast)
	if after.CPU <= before.CPU {
		t.Errorf("got %v of CPU before the work and %v after it", before.CPU, after.CPU)
	}
	if grown := after.Resident - before.Resident; grown < size/2 {
		t.Errorf("%d bytes were touched, and the resident memory grew by %d", size, grown)
	}
	if after.Peak < after.Resident {
		t.Errorf("the peak, %d, is less than what is resident, %d", after.Peak, after.Resident)
	}
}

func TestNoSuchProcess(t *testing.T) {
	if got, err := Of(-1); err == nil {
		t.Errorf("got %+v, want an error", got)
	}
}

func TestAProgramsNameMayHoldAnything(t *testing.T) {
	got, err := cpuOf([]byte("7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0"))
	if want := 1750 * time.Millisecond; err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
