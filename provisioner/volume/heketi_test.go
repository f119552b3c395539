package volume

import "testing"

func TestParseSecretRef(t *testing.T) {
	for text, want := range map[string]SecretRef{
		"default/heketi":           {"default", "heketi"},
		"kube-system/heketi.admin": {"kube-system", "heketi.admin"},
		"a/b":                      {"a", "b"},
	} {
		got, err := ParseSecretRef(text)
		if err != nil || *got != want {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "/", "heketi", "/heketi", "default/", "a/b/c", "a//b", "a/b/", "//"} {
		if got, err := ParseSecretRef(text); err == nil || got != nil {
			t.Errorf("%q: got %v, %v; want an error only", text, got, err)
		}
	}
}

func FuzzParseSecretRef(f *testing.F) {
	for _, text := range []string{"default/heketi", "", "/", "a/b/c", "a/", "/b", "é/\x00", "a\n/b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseSecretRef(text)
		if (got == nil) == (err == nil) {
			t.Fatalf("%q: got %v, %v; want either a reference or an error", text, got, err)
		}
		if got == nil {
			return
		}
		if got.Namespace == "" || got.Name == "" {
			t.Errorf("%q: got %+v, which names nothing", text, *got)
		}
		if back := got.String(); back != text {
			t.Errorf("%q: got %q when written again", text, back)
		}
	})
}

func TestWay(t *testing.T) {
	base := Heketi{URL: "http://heketi", User: "admin", Secret: &SecretRef{"default", "heketi"}}
	same := base
	same.Secret = &SecretRef{"default", "heketi"}
	if base.Way("fast") != same.Way("slow") {
		t.Error("classes with the same Secret differ")
	}
	otherURL, otherUser, otherSecret, inClass := base, base, base, Heketi{URL: "http://heketi", User: "admin", KeyInClass: true}
	otherURL.URL, otherUser.User, otherSecret.Secret = "http://other", "joe", nil
	ways := map[string]bool{inClass.Way("slow"): true}
	for _, server := range []Heketi{base, otherURL, otherUser, otherSecret, inClass} {
		ways[server.Way("fast")] = true
	}
	if len(ways) != 6 {
		t.Errorf("got %d ways, want 6: %v", len(ways), ways)
	}
}
