package heketi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// BenchmarkInventory reads the database of a heketi with 10,000 volumes of three
// bricks each, as one caller and as eight at a time. Its bytes per operation are what
// the callers allocate together.
func BenchmarkInventory(b *testing.B) {
	text := largeDump(10000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) }))
	b.Cleanup(server.Close)
	client, err := NewConnector(patient()).Connect(Credentials{URL: server.URL, User: adminUser, Key: adminKey})
	if err != nil {
		b.Fatal(err)
	}
	for _, callers := range []int{1, 8} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var all sync.WaitGroup
				for range callers {
					all.Go(func() {
						got, err := client.Inventory(context.Background())
						if err != nil || len(got.Volumes) != 10000 {
							b.Errorf("got %d volumes, %v", len(got.Volumes), err)
						}
					})
				}
				all.Wait()
			}
		})
	}
}

// largeDump is a dump of heketi 10.3 with that many volumes, indented as heketi does.
func largeDump(volumes int) []byte {
	var all, bricks strings.Builder
	for i := range volumes {
		id := fmt.Sprintf("%032x", i+1)
		fmt.Fprintf(&all, largeVolume, id, i%10, i, 2000+i, brickID(i, 0), brickID(i, 1), brickID(i, 2), separator(i))
		for n := range 3 {
			fmt.Fprintf(&bricks, largeBrick, brickID(i, n), n, id, separator(3*i+n))
		}
	}
	var clusters []string
	for i := range 10 {
		clusters = append(clusters, fmt.Sprintf(`"%032d": {"Info": {"nodes": []}}`, i))
	}
	return bytes.Join([][]byte{
		[]byte(`{"clusterentries": {` + strings.Join(clusters, ",") + `}, "volumeentries": {`), []byte(all.String()),
		[]byte(`}, "brickentries": {`), []byte(bricks.String()),
		[]byte(`}, "nodeentries": {}, "deviceentries": {}, "blockvolumeentries": {}, "dbattributeentries": {}, "pendingoperations": {}}` + "\n"),
	}, nil)
}

// separator stands before an entry.
func separator(entry int) string {
	if entry == 0 {
		return ""
	}
	return ","
}

func brickID(volume, n int) string { return fmt.Sprintf("b%030x%d", volume, n) }

const largeVolume = `%[8]s
        "%[1]s": {
            "Info": {
                "size": 1,
                "name": "pvc-%012[3]d-4b5c-11ee-8c99-0242ac120002",
                "durability": {
                    "type": "replicate",
                    "replicate": {
                        "replica": 3
                    },
                    "disperse": {}
                },
                "gid": %[4]d,
                "glustervolumeoptions": [
                    ""
                ],
                "snapshot": {
                    "enable": true,
                    "factor": 1
                },
                "id": "%[1]s",
                "cluster": "%032[2]d",
                "mount": {
                    "glusterfs": {
                        "hosts": [
                            "192.168.10.100",
                            "192.168.10.101",
                            "192.168.10.102"
                        ],
                        "device": "192.168.10.100:pvc-%012[3]d-4b5c-11ee-8c99-0242ac120002",
                        "options": {
                            "backup-volfile-servers": "192.168.10.101,192.168.10.102"
                        }
                    }
                },
                "blockinfo": {}
            },
            "Bricks": [
                "%[5]s",
                "%[6]s",
                "%[7]s"
            ],
            "GlusterVolumeOptions": [
                ""
            ],
            "Pending": {
                "Id": ""
            }
        }`

const largeBrick = `%[4]s
        "%[1]s": {
            "Info": {
                "id": "%[1]s",
                "path": "/var/lib/heketi/mounts/vg_0d4dc76dc9ac44bb4a3cbc3ebb7c57b%[2]d/brick_%[1]s/brick",
                "device": "0d4dc76dc9ac44bb4a3cbc3ebb7c57b%[2]d",
                "node": "9b3d5cbb2c1ee4b1ae3a7a3a2a0a5aa%[2]d",
                "volume": "%[3]s",
                "size": 1048576
            },
            "TpSize": 1048576,
            "PoolMetadataSize": 8192,
            "Pending": {
                "Id": ""
            },
            "LvmThinPool": "tp_%[1]s",
            "LvmLv": "",
            "SubType": 1
        }`
