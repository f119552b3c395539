package volume

import (
	"math"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

func TestRoundUpGiB(t *testing.T) {
	for request, want := range map[string]int{
		"1":          1,
		"100m":       1,
		"1n":         1,
		"1G":         1,
		"1023Mi":     1,
		"1Gi":        1,
		"1073741824": 1,
		"1073741825": 2,
		"1.5Gi":      2,
		"2G":         2,
		"5Gi":        5,
		"10Gi":       10,
		"10G":        10,
		"1Ti":        1024,
		"1Pi":        1 << 20,
		"1Ei":        1 << 30,
		"7Ei":        7 << 30,
		"1024.001Gi": 1025,
		"9E":         8381903172,
	} {
		got, err := RoundUpGiB(resource.MustParse(request))
		if got != want || err != nil {
			t.Errorf("%s: got %d, %v; want %d", request, got, err, want)
		}
	}
}

func TestRoundUpGiBRefusesNothing(t *testing.T) {
	for _, request := range []string{"0", "0Gi", "-1", "-1Gi", "-100m", "-9E"} {
		got, err := RoundUpGiB(resource.MustParse(request))
		if err == nil {
			t.Errorf("%s: got %d, want an error", request, got)
		} else if !strings.Contains(err.Error(), request) && request != "0Gi" {
			t.Errorf("%s: got error %q, want one that names the request", request, err)
		}
	}
}

// A quantity holds more than an int64 does.
func TestRoundUpGiBNeverReturnsLessThanIsAskedFor(t *testing.T) {
	const most = math.MaxInt64 / bytesPerGiB
	for _, request := range []string{"8Ei", "9.3E", "10E", "15E", "16Ei", "100E", "999E", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e19", "1e20", "1e30", "1e100"} {
		quantity, err := resource.ParseQuantity(request)
		if err != nil {
			t.Errorf("%s: Kubernetes takes no such quantity: %v", request, err)
			continue
		}
		if got, err := RoundUpGiB(quantity); err == nil && got < most {
			t.Errorf("%s: got %d GiB, want at least %d or an error", request, got, most)
		}
	}
}

func TestGiB(t *testing.T) {
	for count, want := range map[int]string{1: "1Gi", 5: "5Gi", 1000: "1000Gi", 1024: "1Ti", 1 << 20: "1Pi"} {
		quantity := GiB(count)
		if got := quantity.String(); got != want {
			t.Errorf("%d GiB: got %q, want %q", count, got, want)
		}
		if got, err := RoundUpGiB(quantity); got != count || err != nil {
			t.Errorf("%d GiB there and back: got %d, %v", count, got, err)
		}
	}
}
