package stage

import "testing"

func TestTheDeploymentLimitsMemory(t *testing.T) {
	if got, err := MemoryLimit(); err != nil || got < 64<<20 {
		t.Errorf("got %d, %v", got, err)
	}
}
