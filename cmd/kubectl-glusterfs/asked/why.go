package asked

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Why says in a few words why an API server did not tell something.
func Why(err error) string {
	var status *apierrors.StatusError
	if !apierrors.IsForbidden(err) || !errors.As(err, &status) || status.ErrStatus.Details == nil || status.ErrStatus.Details.Kind == "" {
		return fmt.Sprint(err)
	}
	refused := status.ErrStatus.Details
	if refused.Name != "" {
		return fmt.Sprintf("you may not read %s %s", refused.Kind, refused.Name)
	}
	return "you may not read " + refused.Kind
}
