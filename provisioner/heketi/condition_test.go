package heketi

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

const hello = "GET /hello"

// conditionOf is how the only heketi of a connector does.
func conditionOf(t *testing.T, connector *Connector) Condition {
	t.Helper()
	all := connector.Conditions()
	if len(all) != 1 {
		t.Fatalf("there are the conditions %+v, want one", all)
	}
	return all[0]
}

// dated answers with a clock that is ahead of ours.
func dated(ahead time.Duration, next answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		next(w, r)
	}
}

func TestAHeketiThatNobodyAskedIsInNoCondition(t *testing.T) {
	connector := NewConnector(patient())
	mustConnect(t, connector, Credentials{URL: "http://heketi.test:8080"})
	is := conditionOf(t, connector)
	if !is.Asked.IsZero() || is.Answers || is.ClockRead || !is.CertificateEnds.IsZero() || is.Allowed != patient().MaxInFlight {
		t.Errorf("got %+v", is)
	}
}

// TestAnswersTellTheCondition has one heketi answer, be down behind a gateway, hang, and answer again.
func TestAnswersTellTheCondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connector := NewConnector(DefaultConfig())
		client := playInMemory(t, answers{hello: {
			dated(90*time.Second, body("Hello from Heketi")),
			dated(time.Hour, page(http.StatusBadGateway)),
			silent,
			says(http.StatusUnauthorized, "Invalid JWT token"),
		}}).connectThrough(connector)
		begun := time.Now()
		if err := client.Greet(t.Context()); err != nil {
			t.Fatal(err)
		}
		is := conditionOf(t, connector)
		if !is.Answers || !is.Answered.Equal(begun) || !is.ClockRead || is.ClockAhead.Round(time.Second) != 91*time.Second && is.ClockAhead.Round(time.Second) != 90*time.Second {
			t.Errorf("after an answer: got %+v, want it to answer, with a clock 90 s ahead", is)
		}
		time.Sleep(time.Minute)
		_ = client.Greet(t.Context())
		if got := conditionOf(t, connector); got.Answers || !got.Answered.Equal(begun) || got.ClockAhead != is.ClockAhead {
			t.Errorf("behind a gateway that cannot reach it: got %+v, want what was known, and no answer", got)
		}
		_ = client.Greet(t.Context())
		if got := conditionOf(t, connector); got.Answers || !got.Asked.Equal(time.Now()) {
			t.Errorf("in its silence: got %+v, want no answer", got)
		}
		time.Sleep(2 * silencePause)
		_ = client.Greet(t.Context())
		if got := conditionOf(t, connector); !got.Answers || !got.Answered.Equal(time.Now()) {
			t.Errorf("when it refuses a key: got %+v, want an answer", got)
		}
	})
}

// TestARequestThatIsGivenUpTellsNothing has the caller end the wait.
func TestARequestThatIsGivenUpTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observed
		connector := NewConnector(o.config())
		client := playInMemory(t, answers{hello: {body("Hello"), silent}}).connectThrough(connector)
		_ = client.Greet(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.Greet(ctx); err == nil {
			t.Fatal("want an error")
		}
		if is := conditionOf(t, connector); !is.Answers {
			t.Errorf("got %+v, want it to answer as far as is known", is)
		}
		const server = "http://heketi.test:8080 "
		if want := []string{server + "GET 200 0s", server + "GET 0 1s"}; !slices.Equal(o.requests, want) {
			t.Errorf("told were %q, want %q", o.requests, want)
		}
	})
}

func TestRequestsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observed
		client := playInMemory(t, answers{
			listThem: {lists("c1")},
			post:     {says(429, "busy"), accepted(jobPath)},
			poll:     {pending, moved(v1Path)},
			get:      {shows(made())},
		}).connect(o.config())
		if _, err := client.Create(t.Context(), anywhere(), false); err != nil {
			t.Fatal(err)
		}
		const server = "http://heketi.test:8080 "
		want := []string{server + "GET 200 0s", server + "POST 429 0s", server + "POST 202 0s", server + "GET 200 0s", server + "GET 303 0s", server + "GET 200 0s"}
		if !slices.Equal(o.requests, want) {
			t.Errorf("got  %q\nwant %q", o.requests, want)
		}
	})
}

func TestTheCertificatesEndIsTold(t *testing.T) {
	url, ca := encrypted(t)
	block, _ := pem.Decode(ca)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for what, ca := range map[string][]byte{"trusted": ca, "not trusted": nil} {
		connector := NewConnector(patient())
		_, _ = mustConnect(t, connector, Credentials{URL: url, CA: ca}).Get(t.Context(), "v1")
		is := conditionOf(t, connector)
		if is.Answers != (ca != nil) || !is.CertificateEnds.Equal(certificate.NotAfter) {
			t.Errorf("%s: got %+v, want the end of the certificate", what, is)
		}
	}
}

func TestPlacesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 1
		connector := NewConnector(config)
		client := playInMemory(t, answers{del: {accepted(jobPath)}, poll: {until(time.Minute, pending, gone)}}).connectThrough(connector)
		for range 2 {
			go func() { _ = client.Delete(t.Context(), v1Ref) }()
		}
		time.Sleep(time.Second)
		if is := conditionOf(t, connector); is.InFlight != 1 || is.Waiting != 1 || is.Allowed != 1 {
			t.Errorf("got %+v, want one under way and one that waits", is)
		}
		time.Sleep(time.Hour)
		if is := conditionOf(t, connector); is.InFlight != 0 || is.Waiting != 0 {
			t.Errorf("got %+v, want none", is)
		}
	})
}

// TestAhead has one date be read at two moments that are 200 ms apart.
func TestAhead(t *testing.T) {
	sent := time.Date(2026, 1, 1, 12, 0, 0, 700_000_000, time.UTC)
	received := sent.Add(200 * time.Millisecond)
	for date, want := range map[string]time.Duration{
		"Thu, 01 Jan 2026 12:00:00 GMT": 0,
		"Thu, 01 Jan 2026 12:00:01 GMT": 0,
		"Thu, 01 Jan 2026 11:59:59 GMT": -time.Second,
		"Thu, 01 Jan 2026 12:03:01 GMT": 3 * time.Minute,
		"Thu, 01 Jan 2026 11:55:00 GMT": -5 * time.Minute,
	} {
		there, err := http.ParseTime(date)
		if err != nil {
			t.Fatal(err)
		}
		if got := ahead(there, sent, received); got != want {
			t.Errorf("%q is %v ahead, want %v", date, got, want)
		}
	}
}

// TestASlowAnswerIsNoClockThatIsBehind has heketi write the date first, and then take its time.
func TestASlowAnswerIsNoClockThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connector := NewConnector(DefaultConfig())
		client := playInMemory(t, answers{hello: {dated(0, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(20 * time.Second)
			body("Hello from Heketi")(w, r)
		})}}).connectThrough(connector)
		if err := client.Greet(t.Context()); err != nil {
			t.Fatal(err)
		}
		if is := conditionOf(t, connector); is.ClockAhead != 0 || !is.ClockRead {
			t.Errorf("got %+v, want a clock that is right", is)
		}
	})
}

// TestProbeOfAWrongClock shows what the time is there, although the request is refused.
func TestProbeOfAWrongClock(t *testing.T) {
	client := playInMemory(t, answers{listThem: {dated(time.Hour, says(http.StatusUnauthorized, "Invalid JWT token"))}}).connect(DefaultConfig())
	_, is, err := client.Probe(t.Context())
	expectError(t, err, ErrUnauthorized, certain)
	if !is.ClockRead || is.ClockAhead < 59*time.Minute || is.ClockAhead > time.Hour {
		t.Errorf("got %+v, want a clock that is an hour ahead", is)
	}
}

// TestProbeAsksAnew has a key be changed at heketi a moment after it was accepted.
func TestProbeAsksAnew(t *testing.T) {
	client := playInMemory(t, answers{listThem: {lists("c1"), says(http.StatusUnauthorized, "Invalid JWT token")}}).connect(DefaultConfig())
	if clusters, _, err := client.Probe(t.Context()); err != nil || !slices.Equal(clusters, []string{"c1"}) {
		t.Errorf("got %q, %v", clusters, err)
	}
	_, _, err := client.Probe(t.Context())
	expectError(t, err, ErrUnauthorized, certain)
}
