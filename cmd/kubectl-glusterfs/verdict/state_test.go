package verdict

import "testing"

func TestWorst(t *testing.T) {
	for _, test := range []struct {
		states []State
		want   State
	}{
		{nil, Fine},
		{[]State{Fine, Waits, Fine}, Waits},
		{[]State{Waits, Unknown}, Unknown},
		{[]State{Unknown, Wrong, Fine}, Wrong},
	} {
		if got := Worst(test.states); got != test.want {
			t.Errorf("%v come to %s, want %s", test.states, got, test.want)
		}
	}
}
