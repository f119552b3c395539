package stack

import "testing"

func TestBase(t *testing.T) {}
