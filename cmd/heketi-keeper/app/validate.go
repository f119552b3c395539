package app

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/keeper/refusing"
)

// Validate returns all that is wrong with the options, each with its remedy.
func (o *Options) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if said := validation.IsDNS1123Label(o.Name); len(said) > 0 {
		wrong("--name=%s: %s", o.Name, strings.Join(said, "; "))
	}
	if o.Namespace == "" {
		wrong("--namespace is empty; name one when not running in a pod")
	} else if said := validation.IsDNS1123Label(o.Namespace); len(said) > 0 {
		wrong("--namespace=%s: %s", o.Namespace, strings.Join(said, "; "))
	}
	for flag, value := range map[string]string{
		"heketi": o.Heketi.Program, "heketi-config": o.Heketi.ConfigFile, "dir": o.Heketi.Dir, "admin-key-file": o.AdminKeyFile, "api-address": o.APIAddress,
	} {
		if value == "" {
			wrong("--%s is missing", flag)
		}
	}
	if (o.TLSCertFile == "") != (o.TLSKeyFile == "") {
		wrong("--tls-cert-file=%s, --tls-private-key-file=%s: either both are needed or none", o.TLSCertFile, o.TLSKeyFile)
	}
	if o.Heketi.Port < 1 || o.Heketi.Port > 65535 {
		wrong("--heketi-port=%d: must be from 1 to 65535", o.Heketi.Port)
	}
	for flag, value := range map[string]time.Duration{
		"save-interval": o.SaveInterval, "save-timeout": o.SaveTimeout, "shutdown-grace": o.ShutdownGrace, "heketi-silence-timeout": o.Silence,
		"settle-timeout": o.SettleTimeout, "settle-interval": o.SettleInterval, "gluster-settle-time": o.SettleTime,
	} {
		if value <= 0 {
			wrong("--%s=%v: must be more than 0", flag, value)
		}
	}
	if o.AcceptGeneration < 0 {
		wrong("--accept-generation=%d: must be the number of a generation, or 0", o.AcceptGeneration)
	}
	for i, other := range o.OtherHeketis {
		o.OtherHeketis[i] = strings.TrimRight(other, "/")
		if parsed, err := url.Parse(other); other != refusing.Unrecorded && (err != nil || parsed.Host == "") {
			wrong("--other-heketis=%s: must be URLs such as http://heketi.example.com:8080, or %s", other, refusing.Unrecorded)
		}
	}
	l := o.LeaderElection
	if l.RetryPeriod.Duration <= 0 || l.RenewDeadline.Duration <= l.RetryPeriod.Duration*6/5 || l.LeaseDuration.Duration <= l.RenewDeadline.Duration {
		wrong("--leader-elect-lease-duration=%v must be more than --leader-elect-renew-deadline=%v, and that more than 1.2 times --leader-elect-retry-period=%v, which must be more than 0",
			l.LeaseDuration.Duration, l.RenewDeadline.Duration, l.RetryPeriod.Duration)
	}
	if !l.LeaderElect {
		wrong("--leader-elect=false: two keepers could run at a time, and their heketis take the same disks; remove it, since a single one gets the Lease at once")
	}
	return errors.Join(append(problems, commandline.CheckVerbosity(o.Logging))...)
}
