package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/audit"
)

// auditGluster has the provisioner audit, with gluster, as a person does.
func auditGluster(ctx context.Context) (audit.Report, error) {
	var report audit.Report
	// kubectl fails if something was found; what was printed tells.
	output, err := try(ctx, "exec", "--namespace="+ourNamespace, "deployment/glusterfs-provisioner", "--",
		"/glusterfs-provisioner", "audit", "--gluster", "--output=json", "--v=0")
	if !strings.HasPrefix(output, "{") {
		return report, fmt.Errorf("the audit prints %q: %w", output, err)
	}
	return report, json.NewDecoder(strings.NewReader(output)).Decode(&report)
}

// checkFindings waits until an audit finds just these kinds, on these hosts if any, and
// returns the findings.
func checkFindings(t *testing.T, want ...string) []audit.Finding {
	t.Helper()
	var found []audit.Finding
	eventually(t, func(ctx context.Context) error {
		report, err := auditGluster(ctx)
		if err != nil {
			return err
		}
		var got []string
		for _, finding := range report.Findings {
			got = append(got, string(finding.Kind))
		}
		if found = report.Findings; !slices.Equal(got, want) {
			err = fmt.Errorf("the audit finds %q, want %q: %+v %+v", got, want, report.Findings, report.Heketis)
		}
		return err
	})
	return found
}

// mishap is something that goes wrong on the hosts, and what puts it right.
type mishap struct {
	name string
	// happens makes it happen.
	happens func(*testing.T, volume)
	// finds are the kinds that an audit finds then, and said what the first one says.
	finds []string
	said  func(volume) string
	// remedy puts it right, with what was found.
	remedy func(*testing.T, volume, []audit.Finding)
}

var mishaps = []mishap{
	{
		"a line of fstab is lost",
		func(t *testing.T, v volume) {
			onHost(t, v.bricks[0].host, "cp /var/lib/heketi/fstab /run/fstab && sed -i \"\\#"+v.bricks[0].mountPoint()+" #d\" /var/lib/heketi/fstab")
		},
		[]string{"no-fstab-line"},
		func(v volume) string { return v.bricks[0].mountPoint() + " xfs " },
		func(t *testing.T, v volume, found []audit.Finding) {
			_, line, _ := strings.Cut(found[0].Detail, "keeps: ")
			onHost(t, v.bricks[0].host, "echo '"+line+"' >> /var/lib/heketi/fstab")
			onHost(t, v.bricks[0].host, "sort /var/lib/heketi/fstab > /run/now; sort /run/fstab | cmp - /run/now")
		},
	},
	{
		"a brick is not mounted",
		func(t *testing.T, v volume) {
			// The pattern must not match the shell that runs this.
			onHost(t, v.bricks[1].host, "pkill -KILL -f 'brick-name [/]"+v.bricks[1].folder[1:]+"'; while ! umount "+v.bricks[1].mountPoint()+"; do sleep 0.2; done")
		},
		[]string{"not-mounted"},
		func(v volume) string { return "mount " + v.bricks[1].mountPoint() },
		func(t *testing.T, v volume, _ []audit.Finding) {
			onHost(t, v.bricks[1].host, "mount --all --fstab /var/lib/heketi/fstab && gluster --mode=script volume start "+v.name+" force")
		},
	},
	{
		"a volume is stopped",
		func(t *testing.T, v volume) {
			onHost(t, v.bricks[0].host, "gluster --mode=script volume stop "+v.name+" force")
		},
		[]string{"stopped"},
		func(v volume) string { return "gluster volume start " + v.name },
		func(t *testing.T, v volume, found []audit.Finding) {
			_, command, _ := strings.Cut(found[0].Detail, "storage host: ")
			onHost(t, v.bricks[2].host, command)
		},
	},
	{
		"a logical volume is left over",
		func(t *testing.T, v volume) {
			onHost(t, v.bricks[0].host, "/run/bin/lvm-wrapper /usr/sbin/lvm lvcreate -qq --poolmetadatasize 8192K --size 1048576K --thin "+v.bricks[0].group()+"/tp_stray --virtualsize 1048576K --name brick_stray")
		},
		[]string{"stray-lv", "stray-lv"},
		func(v volume) string { return "lvremove " + v.bricks[0].group() + "/brick_stray" },
		func(t *testing.T, v volume, found []audit.Finding) {
			for _, finding := range found {
				_, name, _ := strings.Cut(finding.Detail, "lvremove ")
				onHost(t, v.bricks[0].host, "/run/bin/lvm-wrapper /usr/sbin/lvm lvremove -f "+name)
			}
		},
	},
	{
		"a volume is in gluster alone",
		func(t *testing.T, v volume) {
			onHost(t, v.bricks[0].host, "gluster --mode=script volume create stray "+v.bricks[0].host.Address()+":"+v.bricks[0].folder+"-stray force")
		},
		[]string{"only-in-gluster"},
		func(volume) string { return "1 bricks that were made by heketi" },
		func(t *testing.T, v volume, _ []audit.Finding) {
			onHost(t, v.bricks[0].host, "gluster --mode=script volume delete stray && rm -r "+v.bricks[0].folder+"-stray")
		},
	},
	{
		"a volume has bricks that heketi does not know",
		func(t *testing.T, v volume) {
			onHost(t, v.bricks[0].host, "gluster --mode=script volume add-brick "+v.name+v.more()+" force")
		},
		[]string{"unknown-brick"},
		func(volume) string { return "3 bricks in it that heketi does not have" },
		func(t *testing.T, v volume, _ []audit.Finding) {
			onHost(t, v.bricks[0].host, "gluster --mode=script volume remove-brick "+v.name+v.more()+" force")
			for _, brick := range v.bricks {
				onHost(t, brick.host, "rm -r "+brick.folder+"-more")
			}
		},
	},
	{
		"a host is off",
		func(t *testing.T, v volume) { must(t, v.bricks[2].host.Stop(t.Context())) },
		[]string{"silent-host"},
		func(volume) string { return "did not tell" },
		func(t *testing.T, v volume, _ []audit.Finding) {
			switchOn(t, v.bricks[2].host)
			eventually(t, checkBricksRun)
		},
	},
}

// TestBricksAudit has things go wrong on the hosts, which an audit finds, and puts them
// right as the audit says.
func TestBricksAudit(t *testing.T) {
	prepareBricks(t)
	before, namespace := presentNow(t), namespaceFor(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	v := volumeOf(t, namespace, "data")
	was := presentNow(t)
	checkFindings(t)
	for _, m := range mishaps {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			m.happens(t, v)
			found := checkFindings(t, m.finds...)
			if said := m.said(v); !strings.Contains(found[0].Detail, said) {
				t.Errorf("the audit says %q, want %q in it", found[0].Detail, said)
			}
			m.remedy(t, v, found)
			checkFindings(t)
			eventuallySame(t, was)
		})
	}
	kubectl(t, "delete", "pvc", "data", "--namespace="+namespace)
	eventuallySame(t, before)
}

// mountPoint is where a brick's file system is mounted.
func (b brick) mountPoint() string { return strings.TrimSuffix(b.folder, "/brick") }

// group is the brick's volume group.
func (b brick) group() string {
	for part := range strings.SplitSeq(b.folder, "/") {
		if strings.HasPrefix(part, "vg_") {
			return part
		}
	}
	return ""
}

// more are further bricks for the volume, beside its own.
func (v volume) more() string {
	var text strings.Builder
	for _, brick := range v.bricks {
		fmt.Fprintf(&text, " %s:%s-more", brick.host.Address(), brick.folder)
	}
	return text.String()
}
