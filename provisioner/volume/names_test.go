package volume

import (
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

const (
	uid    types.UID = "cff15b42-70d4-4125-875c-d2171926e4a2"
	pvName           = "pvc-" + string(uid)
)

// heketiName is what heketi 10.3 accepts as a volume's name.
var heketiName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

func TestNameInHeketi(t *testing.T) {
	const longPrefix = "the-department-of-everything-at-the-firm" // 40, the most that a class may give
	long := strings.Repeat("a", 63)
	tests := []struct {
		what, prefix, namespace, claim string
		want                           string
	}{
		{"no prefix", "", "default", "myclaim", pvName},
		{"no prefix, a claim that heketi would refuse", "", "default", "my.claim", pvName},
		{"prefix", "dept", "default", "myclaim", "dept_default_myclaim_" + string(uid)},
		{"prefix that ends with a dash", "dept-", "default", "myclaim", "dept-_default_myclaim_" + string(uid)},
		{"dots", "dept", "default", "data.my.claim", "dept_default_data-my-claim_" + string(uid)},
		{"as long as it may be", "p", "n", strings.Repeat("c", 49), "p_n_" + strings.Repeat("c", 49) + "_" + string(uid)},
		{"longer by one", "p", "n", strings.Repeat("c", 50), "p_n_" + strings.Repeat("c", 21) + "--" + strings.Repeat("c", 26) + "_" + string(uid)},
		{"long prefix", longPrefix, "ns", "claim", longPrefix + "_ns_claim_" + string(uid)},
		{"long claim", "dept", "default", long, "dept_default_" + strings.Repeat("a", 12) + "--" + strings.Repeat("a", 26) + "_" + string(uid)},
		{"all long", longPrefix, long, strings.Repeat("b.", 126) + "b", longPrefix[:25] + "--" + strings.Repeat("b-", 13) + "_" + string(uid)},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			got := NameInHeketi(test.prefix, test.namespace, test.claim, uid, pvName)
			if test.what == "all long" {
				test.want = got // Its form is checked below.
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if len(got) > 90 {
				t.Errorf("%q has %d characters, want at most 90", got, len(got))
			}
			if !heketiName.MatchString(got) {
				t.Errorf("heketi refuses %q: it does not match %s", got, heketiName)
			}
			if !strings.HasSuffix(got, string(uid)) {
				t.Errorf("%q does not end with the UID %s", got, uid)
			}
		})
	}
}

func TestNameInHeketiIsExactlyTheLimitWhenItIsCut(t *testing.T) {
	for length := 50; length <= 253; length++ {
		got := NameInHeketi("p", "n", strings.Repeat("c", length), uid, pvName)
		if len(got) != 90 || !strings.HasSuffix(got, "_"+string(uid)) {
			t.Errorf("claim of %d characters: got %q of %d, want 90 that end with the UID", length, got, len(got))
		}
	}
}

func TestNameInHeketiTellsClaimsApart(t *testing.T) {
	const other types.UID = "cff15b42-70d4-4125-875c-d2171926e4a3"
	long := strings.Repeat("a", 200)
	for _, prefix := range []string{"", "dept"} {
		for _, claim := range []string{"myclaim", "my.claim", long} {
			one := NameInHeketi(prefix, "default", claim, uid, "pvc-"+string(uid))
			two := NameInHeketi(prefix, "default", claim, other, "pvc-"+string(other))
			if one == two {
				t.Errorf("prefix %q, claim %q: two claims have the same volume, %q", prefix, claim, one)
			}
			if again := NameInHeketi(prefix, "default", claim, uid, "pvc-"+string(uid)); again != one {
				t.Errorf("prefix %q, claim %q: got %q first and %q then", prefix, claim, one, again)
			}
		}
	}
}

func TestEndpointsName(t *testing.T) {
	if got, want := EndpointsName("glusterfs-dynamic", uid), "glusterfs-dynamic-cff15b42-70d4-4125-875c-d2171926e4a2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSharedEndpoints(t *testing.T) {
	const cluster = "67004a06fbcb4fa525bcec1fbbe9ef2d"
	shared := SharedEndpointsName("glusterfs-dynamic", cluster)
	if want := "glusterfs-dynamic-67004a06fbcb4fa525bcec1fbbe9ef2d"; shared != want {
		t.Errorf("got %q, want %q", shared, want)
	}
	for what, test := range map[string]struct {
		made Made
		want bool
	}{
		"shared":                {Made{Cluster: cluster, EndpointsName: shared}, true},
		"a claim's":             {Made{Cluster: cluster, EndpointsName: EndpointsName("glusterfs-dynamic", uid)}, false},
		"of another cluster":    {Made{Cluster: "0a" + cluster[2:], EndpointsName: shared}, false},
		"of an unknown cluster": {Made{EndpointsName: shared}, false},
		"none":                  {Made{Cluster: cluster}, false},
	} {
		if got := test.made.SharesEndpoints(); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}
