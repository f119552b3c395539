package integration

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"glusterfs-provisioner/test/bench"
)

const (
	ourUser = "system:serviceaccount:" + ourNamespace + ":" + ourAccount
	refused = "refused by the test"
)

// refusal is an operation of a provisioner that the API server refuses, and a
// ConfigMap of the refusal's own name, by which a test sees that it is in force.
type refusal struct {
	name      string
	operation registrationv1.OperationType
	resource  string
	concerns  func(*admissionv1.AdmissionRequest) bool
}

// owns says whether a request is about the scene's own claims, PersistentVolumes,
// Services, Endpoints or ConfigMap, shared ones included.
func (s *scene) owns(request *admissionv1.AdmissionRequest) bool {
	if request.Namespace != "" {
		shared := []string{sharedOf(s.heketi).Name, serversOf(s.heketi).Name}
		return request.Namespace == s.namespace || request.Namespace == ourNamespace && slices.Contains(shared, request.Name)
	}
	object := request.Object.Raw
	if object == nil {
		object = request.OldObject.Raw
	}
	var pv v1.PersistentVolume
	return json.Unmarshal(object, &pv) == nil && pv.Spec.StorageClassName == s.class
}

// refuse has the API server refuse an operation (CREATE, UPDATE or DELETE) of any
// provisioner on a resource, where the request is one that this concerns, until
// the function that it returns is called.
func refuse(t *testing.T, operation, resource string, concerns func(*admissionv1.AdmissionRequest) bool) (allow func()) {
	t.Helper()
	r := refusal{unique("refuse"), registrationv1.OperationType(operation), resource, concerns}
	webhook := httptest.NewTLSServer(r)
	t.Cleanup(webhook.Close)
	webhooks := env.client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	must[*registrationv1.ValidatingWebhookConfiguration](t)(webhooks.Create(t.Context(), r.configuration(webhook), metav1.CreateOptions{}))
	allow = func() {
		err := webhooks.Delete(context.Background(), r.name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
	t.Cleanup(allow)

	config := env.cluster.AdminConfig()
	config.Impersonate = rest.ImpersonationConfig{UserName: ourUser}
	client := must[*kubernetes.Clientset](t)(kubernetes.NewForConfig(config))
	bench.Eventually(t, soon, func(ctx context.Context) error {
		probe := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: r.name}}
		_, err := client.CoreV1().ConfigMaps(ourNamespace).Create(ctx, probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), refused) {
			return errors.Join(errorOf("the refusal is not in force yet"), err)
		}
		return nil
	})
	return allow
}

// configuration has the API server ask the webhook.
func (r refusal) configuration(webhook *httptest.Server) *registrationv1.ValidatingWebhookConfiguration {
	rule := func(operation registrationv1.OperationType, resource string) registrationv1.RuleWithOperations {
		return registrationv1.RuleWithOperations{
			Operations: []registrationv1.OperationType{operation},
			Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
		}
	}
	// It is its own authority.
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: webhook.Certificate().Raw})
	sideEffects := registrationv1.SideEffectClassNone
	// The API server may ask once more after the webhook has ended.
	ifNotAnswered := registrationv1.Ignore
	return &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: r.name},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name:                    r.name + ".test.gluster.org",
			ClientConfig:            registrationv1.WebhookClientConfig{URL: &webhook.URL, CABundle: authority},
			Rules:                   []registrationv1.RuleWithOperations{rule(r.operation, r.resource), rule(registrationv1.Create, "configmaps")},
			FailurePolicy:           &ifNotAnswered,
			SideEffects:             &sideEffects,
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
}

// ServeHTTP answers the API server whether it may go on.
func (r refusal) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	review.Response = &admissionv1.AdmissionResponse{
		UID:     review.Request.UID,
		Allowed: !r.applies(review.Request),
		Result:  &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: refused},
	}
	w.Header().Set("Content-Type", "application/json")
	// If it does not get through, the API server lets the request pass.
	_ = json.NewEncoder(w).Encode(review)
}

func (r refusal) applies(request *admissionv1.AdmissionRequest) bool {
	if request.UserInfo.Username != ourUser {
		return false
	}
	if request.Name == r.name {
		return true
	}
	resource := request.Resource.Resource
	if request.SubResource != "" {
		resource += "/" + request.SubResource
	}
	return registrationv1.OperationType(request.Operation) == r.operation && resource == r.resource && r.concerns(request)
}
