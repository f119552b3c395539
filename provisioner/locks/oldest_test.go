package locks

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheOldestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New()
		if of, _, taken := l.Oldest(); taken {
			t.Errorf("got %s, and none is taken", of)
		}
		begun := time.Now()
		unlock, err := l.Try("first")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := l.Try("second"); err != nil {
			t.Fatal(err)
		}
		if of, since, _ := l.Oldest(); of != "first" || !since.Equal(begun) {
			t.Errorf("got %s since %v", of, since)
		}
		unlock()
		if of, since, _ := l.Oldest(); of != "second" || !since.Equal(begun.Add(time.Minute)) {
			t.Errorf("got %s since %v", of, since)
		}
	})
}
