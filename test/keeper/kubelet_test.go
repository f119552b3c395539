package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/util/httpstream/spdy"
	"k8s.io/apimachinery/pkg/util/remotecommand"
)

// kubelets are those of all nodes of the tests, as far as they run commands in pods. What a command prints is said by
// whoever has the pod's namespace.
type kubelets struct {
	port int32
	end  func()

	mu      sync.Mutex
	answers map[string]func(words []string) (printed string, err error)
}

// startKubelets listens on all addresses, so on each that begins with 127.
func startKubelets(ctx context.Context) (*kubelets, error) {
	k := &kubelets{answers: map[string]func([]string) (string, error){}}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":0")
	if err != nil {
		return nil, err
	}
	server := httptest.NewUnstartedServer(k)
	if err := server.Listener.Close(); err != nil {
		return nil, err
	}
	server.Listener = listener
	server.StartTLS()
	address, _ := listener.Addr().(*net.TCPAddr)
	k.port, k.end = int32(address.Port), server.Close
	return k, nil
}

// answer has commands in pods of a namespace print what is said of their words.
func (k *kubelets) answer(namespace string, says func(words []string) (string, error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers[namespace] = says
}

// ServeHTTP runs a command for the API server, which asks for /exec/NAMESPACE/POD/CONTAINER.
func (k *kubelets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	k.mu.Lock()
	says := func([]string) (string, error) { return "", errors.New("nobody answers") }
	if len(path) == 4 && path[0] == "exec" && k.answers[path[1]] != nil {
		says = k.answers[path[1]]
	}
	k.mu.Unlock()
	if _, err := httpstream.Handshake(r, w, []string{remotecommand.StreamProtocolV4Name}); err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 3)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(stream httpstream.Stream, _ <-chan struct{}) error {
		streams <- stream
		return nil
	})
	if connection == nil {
		return
	}
	defer connection.Close()
	if err := reply(streams, says, r.URL.Query()["command"]); err != nil {
		fmt.Println("a kubelet of the tests:", err)
	}
}

// reply prints what is said to the streams of a command.
func reply(streams <-chan httpstream.Stream, says func([]string) (string, error), words []string) error {
	named := map[string]httpstream.Stream{}
	for len(named) < 3 {
		select {
		case stream := <-streams:
			named[stream.Headers().Get(v1.StreamType)] = stream
		case <-time.After(soon):
			return fmt.Errorf("of the streams come %d", len(named))
		}
	}
	printed, failure := says(words)
	status := metav1.Status{Status: metav1.StatusSuccess}
	if failure != nil {
		status = metav1.Status{
			Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason, Message: failure.Error(),
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: "1"}}},
		}
	}
	end, err := json.Marshal(status)
	if err == nil {
		_, err = io.WriteString(named[v1.StreamTypeStdout], printed)
	}
	if err == nil {
		_, err = named[v1.StreamTypeError].Write(end)
	}
	for _, stream := range named {
		err = errors.Join(err, stream.Close())
	}
	return err
}
