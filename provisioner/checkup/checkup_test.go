package checkup

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/volume"
)

const ours = "gluster.org/glusterfs"

// connecting connects without a key.
type connecting struct{ *heketi.Connector }

func (c connecting) Connect(_ context.Context, server volume.Heketi, _ string) (*heketi.Client, error) {
	return c.Connector.Connect(heketi.Credentials{URL: server.URL})
}

// checkupOf is one of the heketis at those URLs, each named by a class.
func checkupOf(t testing.TB, connector Connector, heketis Heketis, urls ...string) (*Checkup, *record.FakeRecorder) {
	t.Helper()
	classes := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	for i, url := range urls {
		class := &storagev1.StorageClass{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("class-", i)}, Provisioner: ours,
			Parameters: map[string]string{"resturl": url, "restauthenabled": "false"},
		}
		if err := classes.Add(class); err != nil {
			t.Fatal(err)
		}
	}
	events := record.NewFakeRecorder(10)
	return New(Dependencies{
		Provisioner: ours, Classes: storagelisters.NewStorageClassLister(classes),
		PersistentVolumes: corelisters.NewPersistentVolumeLister(cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})),
		Connector:         connector, Heketis: heketis, Events: events, About: &v1.ObjectReference{Kind: "Namespace", Name: "storage"},
	}), events
}

// TestWhoIsNotAskedIsAsked has one heketi that nobody has asked, and one that was asked just now.
func TestWhoIsNotAskedIsAsked(t *testing.T) {
	var asked [2]atomic.Int32
	var urls []string
	for i := range asked {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/hello" {
				t.Errorf("it is asked for %s", r.URL)
			}
			asked[i].Add(1)
			fmt.Fprint(w, "Hello from Heketi")
		}))
		t.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	connector := heketi.NewConnector(heketi.DefaultConfig())
	busy, err := connector.Connect(heketi.Credentials{URL: urls[1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := busy.Greet(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, events := checkupOf(t, connector, connecting{connector}, urls...)
	ways, err := c.ways()
	if err != nil {
		t.Fatal(err)
	}
	c.ask(t.Context(), ways)
	c.warn(ways)
	if asked[0].Load() != 1 || asked[1].Load() != 1 {
		t.Errorf("asked %d and %d times, want each once", asked[0].Load(), asked[1].Load())
	}
	for _, is := range connector.Conditions() {
		if !is.Answers {
			t.Errorf("got %+v, want that it answers", is)
		}
	}
	if len(events.Events) > 0 {
		t.Errorf("told %q, and all is well", <-events.Events)
	}
}

// conditions are those that answers would have told.
type conditions []heketi.Condition

func (c *conditions) Conditions() []heketi.Condition { return *c }

func TestWhatWillKeepUsOutIsToldOnceADay(t *testing.T) {
	const url = "http://heketi:8080"
	for what, test := range map[string]struct {
		is   func(now time.Time) heketi.Condition
		want string
	}{
		"right": {func(now time.Time) heketi.Condition {
			return heketi.Condition{ClockRead: true, ClockAhead: time.Minute, CertificateEnds: now.Add(20 * 24 * time.Hour)}
		}, ""},
		"not read": {func(time.Time) heketi.Condition { return heketi.Condition{ClockAhead: time.Hour} }, ""},
		"ahead": {func(time.Time) heketi.Condition {
			return heketi.Condition{ClockRead: true, ClockAhead: 61 * time.Second}
		}, "HeketiClockOff heketi " + url + ": its clock is 1m1s ahead of that of the machine that asks it; from 5m0s on"},
		"behind": {func(time.Time) heketi.Condition {
			return heketi.Condition{ClockRead: true, ClockAhead: -90 * time.Second}
		}, "HeketiClockOff heketi " + url + ": its clock is 1m30s behind that of the machine that asks it; from 2m0s on"},
		"ends": {func(now time.Time) heketi.Condition {
			return heketi.Condition{CertificateEnds: now.Add(13 * 24 * time.Hour)}
		}, "HeketiCertificateEnds heketi " + url + ": its certificate, or one that vouches for it, ends at 2000-01-14T00:00:00Z"},
		"ended": {func(now time.Time) heketi.Condition { return heketi.Condition{CertificateEnds: now.Add(-time.Hour)} }, "HeketiCertificateEnds heketi " + url + ": its certificate, or one that vouches for it, has ended at 1999-12-31T23:00:00Z"},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				is := test.is(time.Now())
				is.Heketi, is.Asked = url, time.Now()
				known := conditions{is, {Heketi: "http://nobodys:8080", ClockRead: true, ClockAhead: time.Hour}}
				c, events := checkupOf(t, &known, nil, url)
				ways, err := c.ways()
				if err != nil {
					t.Fatal(err)
				}
				for hour := range 30 {
					c.warn(ways)
					var told []string
					for len(events.Events) > 0 {
						told = append(told, <-events.Events)
					}
					due := test.want != "" && hour%24 == 0
					if due != (len(told) == 1) || due && !strings.HasPrefix(told[0], "Warning "+test.want) {
						t.Errorf("after %d hours: told %q, want %q", hour, told, test.want)
					}
					time.Sleep(time.Hour)
				}
			})
		})
	}
}
