package e2e

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/e2e/node"
)

// databaseUser is the user whom the chart runs the server as.
const databaseUser = 999

// checkFiles has innochecksum check each page. In ibdata1, it takes those of the doublewrite buffer, 64 to
// 191, for wrong, also where nothing was ever broken.
const checkFiles = `says() { "$@" > /tmp/says 2>&1 || sed "s|^|wrong: $*: |" /tmp/says; }
says innochecksum --end-page=63 /1/data/ibdata1
says innochecksum --start-page=192 /1/data/ibdata1
for file in $(find /1/data -name '*.ibd'); do echo "$file"; says innochecksum "$file"; done`

// checkPages checks the checksum of each page in the files of a server that is stopped.
func checkPages(t *testing.T, d mariadb) {
	t.Helper()
	startPodAs(t, d.name, "reader", func(pod *v1.Pod) {
		user := int64(databaseUser)
		pod.Spec.Containers[0].Image = node.DatabaseImage
		pod.Spec.SecurityContext.RunAsUser = &user
	}, d.name)
	if files := shell(t, d.name+"/reader", checkFiles); strings.Contains(files, "wrong:") || !strings.Contains(files, "written.ibd") {
		t.Errorf("innochecksum finds pages that are wrong, or not the table: %s", files)
	}
	remove(t, d.name, "pod/reader")
}

// checkReplicas checks that each host has the same files, of the same content.
func checkReplicas(t *testing.T, d mariadb) {
	t.Helper()
	d.waitHealed(t)
	v := volumeOf(t, d.name, d.name)
	replicas := map[string]string{}
	for _, host := range env.hosts.All() {
		var folders string
		for _, brick := range v.bricks {
			if brick.host == host {
				folders += " " + brick.folder + "/data"
			}
		}
		// An empty file may only say on which bricks the file itself is.
		replicas[host.Name()] = onHost(t, host, `for folder in`+folders+`; do (cd $folder && find . -type f -size +0 -exec sha256sum {} +); done | sort`)
	}
	first := env.hosts.All()[0].Name()
	for name, replica := range replicas {
		if replica == "" || replica != replicas[first] {
			t.Errorf("the host %s has the files\n%s\nand the host %s\n%s", name, replica, first, replicas[first])
		}
	}
}
