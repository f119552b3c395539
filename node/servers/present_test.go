package servers

import (
	"context"
	"errors"
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// TestWhoGivesUpTakesNothingFromOthers has the one that began to read give up, while another
// waits for the same answer.
func TestWhoGivesUpTakesNothingFromOthers(t *testing.T) {
	client := fake.NewSimpleClientset(&v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: prefix + "c"}, Data: map[string]string{key: "10.0.0.1"},
	})
	reads, answer := make(chan struct{}, 2), make(chan struct{})
	client.PrependReactor("get", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
		reads <- struct{}{}
		<-answer
		return false, nil, nil
	})
	present := NewPresent(client.CoreV1(), "default")
	ctx, giveUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := present.Of(ctx, "c")
		first <- err
	}()
	<-reads
	giveUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	go close(answer)
	if servers, err := present.Of(t.Context(), "c"); err != nil || !slices.Equal(servers, addresses("10.0.0.1")) {
		t.Errorf("the other got %v, %v", servers, err)
	}
}
