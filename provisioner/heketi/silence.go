package heketi

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/sony/gobreaker/v2"
)

// errNoAnswer is why a request ended that got no answer, not even a refusal.
var errNoAnswer = errors.New("no answer")

// isTimeout says whether somebody else than the request has bounded it, such as the
// kernel, which gives up connecting after about two minutes.
func isTimeout(err error) bool {
	var bounded net.Error
	return errors.As(err, &bounded) && bounded.Timeout()
}

// silencePause is how long a heketi that gave no answer is left alone.
const silencePause = time.Second

// breaker keeps workers from waiting for a heketi that hangs. Each would wait for as long
// as a request may take, until none were left for other heketis. After a request without
// an answer, one at a time is let through to see whether heketi is back.
type breaker = gobreaker.TwoStepCircuitBreaker[struct{}]

func newBreaker() *breaker {
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  1,
		Timeout:      silencePause,
		ReadyToTrip:  func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures > 0 },
		IsSuccessful: func(err error) bool { return !errors.Is(err, errNoAnswer) },
	})
}

// silent says that an operation was not tried.
func (c *Client) silent(operation string) *Error {
	return &Error{Server: c.URL(), Operation: operation, Kind: ErrUnavailable,
		Text: fmt.Sprintf("it gave no answer within %v to an earlier request; one request at a time is sent until it answers again", c.config.RequestTimeout)}
}
