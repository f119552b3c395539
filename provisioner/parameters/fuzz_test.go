package parameters

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"glusterfs-provisioner/provisioner/parameters/parameterstest"
	"glusterfs-provisioner/provisioner/volume"
)

var (
	safeOption  = regexp.MustCompile(`^[A-Za-z0-9._:/=@%+*][A-Za-z0-9._:/=@%+*-]* [A-Za-z0-9._:/=@%+*-]+$`)
	safeCluster = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	safePrefix  = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]{0,39})?$`)
)

// FuzzParse parses a class of "name=value" lines, and a restuserkey.
func FuzzParse(f *testing.F) {
	lines := func(class map[string]string) string {
		var text strings.Builder
		for _, name := range slices.Sorted(maps.Keys(class)) {
			if name != restUserKey {
				fmt.Fprintf(&text, "%s=%s\n", name, class[name])
			}
		}
		return text.String()
	}
	f.Add(lines(parameterstest.AllWrong()), "My Secret Life")
	f.Add("resturl=http://[::1]:8080/\nclusterid=a, b,a\nvolumeoptions=a b, c.d -1\nsnapfactor=1.5\ncustomepnameprefix=a-\nendpointsscope=cluster\npvsource=csi", "")
	f.Add("RESTURL=https://heketi\ngidMin=2147483647\nvolumetype=disperse:8:4\nvolumenameprefix=x\nsmartclone=false\nEndpointsScope=claim\nPVSource=auto", "k")
	f.Add("resturl=http://heketi\nsecretName=a\nsecretNamespace=b\nrestsecretname=a\nrestsecretnamespace=b\nrestuser=joe\npvsource= glusterfs ", "k")
	f.Add("resturl=http://a:b@c\nrestauthenabled=FALSE\ngidallocate=true\nRestUserKey=x", " ")
	for _, name := range knownNames() {
		f.Add("resturl=http://heketi\n"+name+"=-1,\x00/..:é;$(reboot)", "k")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		class := map[string]string{}
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			class[name] = value
		}
		class[restUserKey] = key
		parsed, err := Parse(class)
		checkKeyHidden(t, class, parsed, err)
		if err == nil {
			checkInvariants(t, parsed)
		} else if parsed != nil || err.Error() == "" {
			t.Errorf("parsed %v, error %v", parsed, err)
		}
	})
}

// checkKeyHidden checks that what is printed would be the same with another
// key, so that it shows nothing of this one.
func checkKeyHidden(t *testing.T, class map[string]string, parsed *Parameters, err error) {
	if strings.TrimSpace(class[restUserKey]) == "" {
		return
	}
	other := maps.Clone(class)
	other[restUserKey] = "another key"
	otherParsed, otherErr := Parse(other)
	for _, verb := range []string{"%v", "%+v"} {
		one, two := fmt.Sprintf(verb+verb, parsed, err), fmt.Sprintf(verb+verb, otherParsed, otherErr)
		if one != two {
			t.Errorf("what is printed depends on the key:\n%s\n%s", one, two)
		}
	}
}

func checkInvariants(t *testing.T, p *Parameters) {
	expect := func(ok bool, what string) {
		if !ok {
			t.Errorf("%s: %+v", what, p)
		}
	}
	server, err := url.Parse(p.Heketi.URL)
	expect(err == nil && (server.Scheme == "http" || server.Scheme == "https") && server.Hostname() != "", "URL")
	expect(err == nil && reflect.DeepEqual(*server, url.URL{Scheme: server.Scheme, Host: server.Host}), "URL holds more than a host")
	expect(p.Heketi.KeyInClass == (p.UserKey != ""), "KeyInClass")
	if secret := p.Heketi.Secret; secret != nil {
		expect(p.UserKey == "", "a key next to a Secret")
		expect(len(validation.IsDNS1123Subdomain(secret.Name)) == 0 && len(validation.IsDNS1123Label(secret.Namespace)) == 0, "Secret")
	}
	expect(2000 <= p.GIDMin && p.GIDMin <= p.GIDMax && p.GIDMax <= 2147483646, "GIDs")
	expect(slices.Contains(durabilities, p.Durability), "Durability")
	expect(1 <= p.SnapshotFactor && p.SnapshotFactor <= 100, "SnapshotFactor")
	expect(safePrefix.MatchString(p.VolumeNamePrefix), "VolumeNamePrefix")
	expect(len(validation.IsDNS1035Label(p.EndpointsNamePrefix+"-123e4567-e89b-12d3-a456-426614174000")) == 0, "EndpointsNamePrefix")
	expect(p.Source == "" || p.Source == volume.Glusterfs || p.Source == volume.CSI, "Source")
	for _, id := range p.Clusters {
		expect(safeCluster.MatchString(id), "Clusters")
	}
	expect(len(slices.Compact(slices.Sorted(slices.Values(p.Clusters)))) == len(p.Clusters), "Clusters are not unique")
	for _, option := range p.VolumeOptions {
		expect(safeOption.MatchString(option) && !strings.Contains(option, " --"), "VolumeOptions")
	}
	for _, warning := range p.Warnings {
		expect(strings.HasSuffix(warning, ".") && len(warning) <= 1024, "Warnings")
	}
}
