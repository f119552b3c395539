package csi

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"

	"glusterfs-provisioner/test/bench"
)

// TestFirstCauseIsTold has a volume whose clients need a certificate, which nobody has. The last
// lines of the log do not name it.
func TestFirstCauseIsTold(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	if _, err := env.hosts.All()[0].Run(t.Context(), "gluster --mode=script volume set "+v.name+" client.ssl on"); err != nil {
		t.Fatal(err)
	}
	err := p.stage(t.Context(), v)
	checkRefused(t, "no certificate", err, codes.Internal, "cannot mount volume "+v.name+": GlusterFS client 10.3: ",
		"could not load our cert at ", "; see /var/log/glusterfs/csi-"+cluster)
	t.Log(err)
}

// TestCrashIsTold has a client crash while it waits for a server.
func TestCrashIsTold(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	mute(t, "10.77.0.205")
	v.attributes["servers"] = "10.77.0.205"
	staged := make(chan error, 1)
	go func() { staged <- p.stage(t.Context(), v, "log-level=INFO") }()
	// The process that will serve the volume has then set up what writes a crash down.
	started := regexp.MustCompile(`Pid of current running process is (\d+)\n(?s:.*)Started thread with index`)
	var client int
	bench.Eventually(t, patience, func(context.Context) error {
		log, err := os.ReadFile(logOf(v))
		if err != nil {
			return err
		}
		match := started.FindSubmatch(log)
		if match == nil {
			return fmt.Errorf("the client has not started yet: %s", log)
		}
		client, err = strconv.Atoi(string(match[1]))
		return err
	})
	if err := syscall.Kill(client, syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	err := <-staged
	checkRefused(t, "a crash", err, codes.Internal, "the GlusterFS client has crashed, by signal 11 (glusterfs 10.3)", "servers that do not answer: 10.77.0.205")
	t.Log(err)
}
