package heketi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"glusterfs-provisioner/provisioner/volume"
)

// brokenReads are answers to a GET that are not what was asked for.
var brokenReads = map[string]struct {
	answer answer
	kind   error
	said   string
}{
	"wrong key":         {says(401, "Invalid JWT token: signature is invalid"), ErrUnauthorized, "signature is invalid"},
	"not allowed":       {page(403), ErrUnauthorized, "403"},
	"gateway's page":    {page(404), ErrUnavailable, "404"},
	"too old":           {says(404, "Invalid path or request"), ErrTooOld, "heketi 10.3 does"},
	"no heketi":         {page(502), ErrUnavailable, "502"},
	"closed":            {says(503, "Service disabled for maintenance"), ErrUnavailable, "maintenance"},
	"impatient":         {page(504), ErrUnavailable, "504"},
	"heketi's failure":  {says(500, "Unable to access db"), ErrFailed, "Unable to access db"},
	"no words":          {empty(500), ErrFailed, "500"},
	"page":              {page(200), ErrUnavailable, ""},
	"nothing":           {empty(200), ErrUnavailable, ""},
	"no content":        {empty(204), ErrUnavailable, "204"},
	"no JSON":           {body("hello"), ErrUnavailable, ""},
	"a list":            {body("[]"), ErrUnavailable, ""},
	"a number":          {body("1"), ErrUnavailable, ""},
	"half an object":    {body(`{"clusters": [`), ErrUnavailable, ""},
	"cut":               {cut, ErrUnavailable, ""},
	"cut short":         {cutShort("200 OK"), ErrUnavailable, ""},
	"log-in":            {redirects(302, "/login"), ErrUnavailable, "302"},
	"a huge page":       {huge(200, 3), ErrUnavailable, ""},
	"a huge complaint":  {huge(500, 3), ErrFailed, "lorem ipsum"},
	"an unknown status": {page(299), ErrUnavailable, ""},
}

func TestFindAndGetReportWhatIsBroken(t *testing.T) {
	for what, test := range brokenReads {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{dumpIt: {test.answer}, get: {test.answer}})
			client := s.connect(patient())
			_, err := client.Find(context.Background(), "pvc-1", nil)
			expectError(t, err, test.kind, certain, `look up volume "pvc-1"`, test.said)
			_, err = client.Get(context.Background(), "v1")
			expectError(t, err, test.kind, certain, "get volume v1", test.said)
		})
	}
}

func TestFindReportsWhatIsNoDump(t *testing.T) {
	for what, text := range map[string]string{
		"null":                    `null`,
		"an empty object":         `{}`,
		"no volumes":              `{"clusterentries": {}}`,
		"volumes that are null":   `{"volumeentries": null}`,
		"volumes that are a list": `{"volumeentries": []}`,
		"a volume that is a text": `{"volumeentries": {"v1": "pvc-1"}}`,
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{dumpIt: {body(text)}})
			_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
			expectError(t, err, ErrUnavailable, certain, "not a heketi's")
		})
	}
}

func TestFind(t *testing.T) {
	another := with(func(v *Volume) { v.ID, v.Name = "v2", "pvc-11" })
	t.Run("returns the volume of that name", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: another}, entry{Volume: made()})}, get: {shows(made())}})
		got, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectVolume(t, got, err, made())
	})
	t.Run("says when there is none", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: another})}})
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectError(t, err, ErrNotFound, certain, `look up volume "pvc-1"`)
	})
	t.Run("says when heketi has none at all", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps()}})
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectError(t, err, ErrNotFound, certain)
	})
	t.Run("believes a heketi that has one of the clusters", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: another})}})
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", []string{"c7", "c1"})
		expectError(t, err, ErrNotFound, certain)
	})
	t.Run("believes no heketi that has none of the clusters", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: another})}})
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", []string{"c7", "c8"})
		expectError(t, err, ErrForeign, certain, `look up volume "pvc-1"`, "c7, c8")
	})
	t.Run("returns the volume whatever the clusters are", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: made()})}, get: {shows(made())}})
		got, err := s.connect(patient()).Find(context.Background(), "pvc-1", []string{"c7"})
		expectVolume(t, got, err, made())
	})
	t.Run("minds only the pending operation of that volume", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{another, "op-77"}, entry{Volume: made()})}, get: {shows(made())}})
		got, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectVolume(t, got, err, made())
	})
	t.Run("does not say that a volume is gone that the database has", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: made()})}, get: {says(404, forgotten)}})
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectError(t, err, ErrInUse, certain)
	})
	t.Run("does not say that a volume is gone because there is no database", func(t *testing.T) {
		s := play(t, answers{dumpIt: {says(404, forgotten)}})
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectError(t, err, ErrUnavailable, certain)
	})
}

func TestGet(t *testing.T) {
	for _, durability := range []volume.Durability{
		{Kind: volume.Replicate, Replicas: 2},
		{Kind: volume.Disperse, Data: 8, Redundancy: 3},
		{Kind: volume.Distribute},
	} {
		want := with(func(v *Volume) { v.Durability = durability })
		got, err := play(t, answers{get: {shows(want)}}).connect(patient()).Get(context.Background(), "v1")
		expectVolume(t, got, err, want)
	}
	_, err := play(t, answers{get: {says(404, forgotten)}}).connect(patient()).Get(context.Background(), "v1")
	expectError(t, err, ErrNotFound, certain, "get volume v1", forgotten)
}

func TestGetTakesNoOtherObjectForTheVolume(t *testing.T) {
	for what, answer := range map[string]answer{
		"an empty object": body(`{}`),
		"null":            body(`null`),
		"another volume":  shows(with(func(v *Volume) { v.ID = "v2" })),
	} {
		t.Run(what, func(t *testing.T) {
			got, err := play(t, answers{get: {answer}}).connect(patient()).Get(context.Background(), "v1")
			if err == nil {
				t.Fatalf("got volume %+v, want an error", *got)
			}
			expectError(t, err, ErrUnavailable, certain, "get volume v1")
		})
	}
}

// FuzzFindAnswer has a server answer all that Find asks with the same bytes.
func FuzzFindAnswer(f *testing.F) {
	for _, text := range []string{
		"", "null", "{}", "[]", "<html>", `{"volumeentries":{}}`, `{"volumeentries":{"v1":null}}`,
		`{"volumeentries":{"v1":{"Info":{"name":"pvc-1","id":"v1","gid":-1,"size":1e3},"Pending":{"Id":""}}},"id":"v1","size":2}`,
		`{"volumeentries":{"":{"Info":{"name":"pvc-1"}}}}`,
		`{"volumeentries":{"../%zz?":{"Info":{"name":"pvc-1"},"Pending":{"Id":"\u0007é"}}}}`,
		`{"volumeentries":{"\u0007":{"Info":{"name":"pvc-1"}}}}`,
		`{"volumeentries":{"v1":{"Info":{"name":"pvc-1"}}},"name":"pvc-1","id":"\u0007","cluster":"\u0007"}`,
	} {
		f.Add([]byte(text))
	}
	var text atomic.Pointer[[]byte]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(*text.Load())
	}))
	f.Cleanup(server.Close)
	client, err := NewConnector(patient()).Connect(Credentials{URL: server.URL, User: adminUser, Key: adminKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		text.Store(&bytes)
		for what, call := range map[string]func() (*Volume, error){
			"Find":   func() (*Volume, error) { return client.Find(context.Background(), "pvc-1", nil) },
			"Create": func() (*Volume, error) { return client.Create(context.Background(), spec(), true) },
		} {
			got, err := call()
			if (got == nil) == (err == nil) {
				t.Errorf("%s: got %v, %v; want either a volume or an error", what, got, err)
			}
			if err != nil {
				expectPresentable(t, err)
			}
		}
	})
}
