package library

import (
	"slices"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// TestClassesMadeAnew has another class of the same name come as an update, as it does
// when the watch was interrupted.
func TestClassesMadeAnew(t *testing.T) {
	old, anew := classOf("gold", provisionerName), classOf("gold", provisionerName)
	anew.UID = "uid-of-another"
	labeled := classOf("gold", provisionerName)
	labeled.Labels = map[string]string{"a": "b"}
	bound, waits, others := claimOfClass("gold"), claimOfClass("gold"), claimOfClass("silver")
	bound.Name, bound.Spec.VolumeName = "bound", "pv"
	waits.Name, others.Name = "waits", "others"
	claims := cache.NewStore(cache.MetaNamespaceKeyFunc)
	if err := claims.Replace([]any{bound, waits, others}, ""); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		now  *storagev1.StorageClass
		want []string
	}{
		"made anew": {anew, []string{"waits"}},
		"labeled":   {labeled, nil},
	} {
		var told []string
		newClasses{claims, cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, now any) {
			told = append(told, now.(metav1.Object).GetName())
		}}, noPauses()}.OnUpdate(old, test.now)
		if !slices.Equal(told, test.want) {
			t.Errorf("%s: the library hears of %q, want %q", what, told, test.want)
		}
	}
}
