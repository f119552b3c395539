package heketi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestKindOf(t *testing.T) {
	for _, test := range []struct {
		status int
		text   string
		want   error
	}{
		// What heketi 10.3 says.
		{400, "validation failed: name: must be in a valid format.", ErrInvalid},
		{400, "Cluster id c1 not found", ErrInvalid},
		{400, "No clusters configured", ErrInvalid},
		{400, "Bad group id equal or greater than 2**32", ErrInvalid},
		{400, "Invalid replica value", ErrInvalid},
		{400, "Requested volume size (1 GB) is smaller than the minimum supported volume size (4)", ErrInvalid},
		{422, "request unable to be parsed", ErrInvalid},
		{401, "Required authorization token not found", ErrUnauthorized},
		{401, "Invalid JWT token: signature is invalid (client and server secrets may not match)", ErrUnauthorized},
		{401, "Administrator access required", ErrUnauthorized},
		{404, "Id not found", ErrNotFound},
		{409, "Cannot delete volume containing the Heketi database", ErrInUse},
		{409, "Cannot delete a block hosting volume containing block volumes", ErrInUse},
		{429, "Server busy. Retry operation later.", ErrBusy},
		{500, "No space", ErrNoSpace},
		{500, "Failed to allocate new volume: No space", ErrNoSpace},
		{500, "Failed to allocate new volume: Unable to create volume on any cluster:\nCluster a: No space\nCluster b: No space", ErrNoSpace},
		{500, "Maximum number of bricks reached.", ErrNoSpace},
		{500, "Minimum brick size limit reached.  Out of space.", ErrNoSpace},
		{500, "Failed to allocate new volume: Cluster has 1000 volumes and limit is 1000", ErrNoSpace},
		{500, "Failed to allocate new volume: Cluster does not support requested volume type", ErrNoSpace},
		{500, "Failed to allocate new volume: Cluster has disabled all volume types", ErrNoSpace},
		{500, "Failed to allocate new volume: No nodes in cluster", ErrNoSpace},
		{500, "Failed to allocate new volume: No online storage devices in cluster", ErrNoSpace},
		{500, "Failed to allocate new volume: Volume name 'pvc-1' already in use", ErrNameTaken},
		{500, "Failed to set up volume delete: The target exists, contains other items, or is in use.", ErrInUse},
		{500, "Unable to access db", ErrFailed},
		{500, "Unable to execute command on gluster-1: volume create: pvc-1: failed: Host gluster-2 is not in 'Peer in Cluster' state", ErrFailed},
		{503, "Service disabled for maintenance", ErrUnavailable},

		// What others say.
		{200, "<html>", ErrUnavailable},
		{202, "", ErrUnavailable},
		{302, "", ErrUnavailable},
		{403, "<html>", ErrUnauthorized},
		{404, "404 page not found", ErrUnavailable},
		{404, "<html> Id not found </html>", ErrUnavailable},
		{404, "", ErrUnavailable},
		{405, "", ErrInvalid},
		{413, "", ErrInvalid},
		{500, "", ErrFailed},
		{501, "", ErrUnavailable},
		{502, "No space", ErrUnavailable},
		{504, "", ErrUnavailable},
		{524, "", ErrUnavailable},
	} {
		if got := kindOf(test.status, test.text); !errors.Is(got, test.want) {
			t.Errorf("%d %q: got %q, want %q", test.status, test.text, got, test.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  Error
		want string
	}{
		{Error{Server: "http://heketi", Operation: "get volume v1", Kind: ErrNotFound, Status: 404, Text: "Id not found"},
			"heketi http://heketi: cannot get volume v1: not found: Id not found (404 Not Found)"},
		{Error{Server: "http://heketi", Operation: `create volume "pvc-1"`, Kind: ErrUnavailable, Interrupted: true, Text: "EOF"},
			`heketi http://heketi: cannot create volume "pvc-1": unavailable, outcome unknown: EOF`},
		{Error{Server: "http://heketi", Operation: "look up", Kind: ErrNotFound},
			"heketi http://heketi: cannot look up: not found"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

func TestAnErrorIsItsKindAndMayBeInterrupted(t *testing.T) {
	for _, kind := range kinds {
		for _, interrupted := range []bool{certain, doubtful} {
			err := fmt.Errorf("wrapped: %w", &Error{Kind: kind, Interrupted: interrupted})
			for _, other := range kinds {
				if got, want := errors.Is(err, other), errors.Is(kind, other); got != want {
					t.Errorf("%v: errors.Is %q: got %v, want %v", err, other, got, want)
				}
			}
			if got := errors.Is(err, ErrInterrupted); got != interrupted {
				t.Errorf("%v: errors.Is %q: got %v, want %v", err, ErrInterrupted, got, interrupted)
			}
		}
	}
}

func TestPresentable(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"No space":                     "No space",
		"  a \t b\r\n\r\nc\n":          "a b c",
		"a\x00b\x1b[31mc\x7f":          "a b [31mc",
		"a\u2028b\u200bc\u00a0d":       "a b c d",
		"\u202egnp.exe":                "gnp.exe",
		"a\xffb\xc3":                   "a b",
		"größer ☃ 日本":                  "größer ☃ 日本",
		strings.Repeat("a", 400):       strings.Repeat("a", 400),
		strings.Repeat("a", 401):       strings.Repeat("a", 400) + "...",
		strings.Repeat("é", 201):       strings.Repeat("é", 200) + "...",
		"a" + strings.Repeat("é", 200): "a" + strings.Repeat("é", 199) + "...",
		strings.Repeat("日", 134):       strings.Repeat("日", 133) + "...",
	} {
		if got := presentable(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func FuzzPresentable(f *testing.F) {
	for _, text := range []string{"", "No space", "a\r\nb\x00\x1b[31m", "\xff\xfe", "\u202e\u2028\ufeff", strings.Repeat("日", 200), "a" + strings.Repeat("é\n", 300)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := presentable(text)
		if len(got) > 403 {
			t.Errorf("%q: got %d bytes, want at most 403", text, len(got))
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q: got %q, which is not UTF-8", text, got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q: got %q, which has the unprintable %U", text, got, r)
			}
		}
		if strings.Contains(got, "  ") || strings.TrimSpace(got) != got {
			t.Errorf("%q: got %q, which has needless spaces", text, got)
		}
	})
}

// TestTheReasonIsFoundAmongWarnings has LVM warn of disks before it says what is wrong.
func TestTheReasonIsFoundAmongWarnings(t *testing.T) {
	warnings := strings.Repeat("  WARNING: Device /dev/mapper/mpath"+strings.Repeat("a", 40)+" not found or rejected by a filter.\n", 6)
	const reason = `Volume group "vg_1" has insufficient free space (255 extents): 256 required.`
	s := play(t, answers{post: {accepted(jobPath)}, poll: {says(500, warnings+"  "+reason+"\n")}, dumpIt: {dumps()}})
	_, err := s.connect(patient()).Create(context.Background(), spec(), false)
	expectError(t, err, ErrNoSpace, certain, reason)
	if strings.Contains(err.Error(), "WARNING") {
		t.Errorf("the warnings are told, too: %v", err)
	}
	if got := withoutWarnings(warnings); got != warnings {
		t.Errorf("of warnings alone %q is left", got)
	}
}
