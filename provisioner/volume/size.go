package volume

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
)

const bytesPerGiB = 1 << 30

// RoundUpGiB returns how many whole GiB, heketi's unit, hold what a claim
// requests. It returns an error for a request of nothing.
func RoundUpGiB(request resource.Quantity) (int, error) {
	bytes := request.Value()
	if bytes <= 0 {
		return 0, fmt.Errorf("requested storage %s is not positive; request at least 1 byte, which becomes 1Gi", request.String())
	}
	gib := bytes / bytesPerGiB
	if bytes%bytesPerGiB != 0 {
		gib++
	}
	return int(gib), nil
}

// GiB returns the quantity of that many GiB, such as "5Gi".
func GiB(count int) resource.Quantity {
	return *resource.NewQuantity(int64(count)*bytesPerGiB, resource.BinarySI)
}
