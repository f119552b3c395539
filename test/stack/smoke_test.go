package stack

import "testing"

func TestSmoke(t *testing.T) {}
