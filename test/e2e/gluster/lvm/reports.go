package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// row is a line of a report, a value for each of LVM's columns.
type row map[string]string

// printReport prints a report as LVM does with "--reportformat json".
func printReport(out io.Writer, kind string, rows []row) error {
	return json.NewEncoder(out).Encode(map[string]any{"report": []any{map[string]any{kind: rows}}})
}

// printAll prints all that there is of a kind, in LVM's default columns: what heketi asks
// a host for when it compares the host with its database.
func (r *request) printAll(kind string, rows []row) error {
	for flag, want := range map[string]string{"reportformat": "json", "units": "k"} {
		if r.flags.Lookup(flag).Value.String() != want {
			return fmt.Errorf("a report of all %ss is imitated with --%s=%s only", kind, flag, want)
		}
	}
	if r.flags.Changed("options") {
		return errors.New("a report of all with --options is not imitated")
	}
	return printReport(r.out, kind, rows)
}

// inKiB is a size in the report's unit.
func inKiB(kib uint64) string { return fmt.Sprintf("%d.00k", kib) }

func (s *store) physicalRows() []row {
	rows := []row{}
	for _, device := range s.Physical {
		attributes := "---"
		if device.Group != "" {
			attributes = "a--"
		}
		rows = append(rows, row{
			"pv_name": device.Device, "vg_name": device.Group, "pv_fmt": "lvm2", "pv_attr": attributes,
			"pv_size": inKiB(device.KiB), "pv_free": inKiB(device.KiB - s.used(device.Group)),
		})
	}
	return rows
}

func (s *store) groupRows() []row {
	rows := []row{}
	for _, device := range s.Physical {
		if device.Group == "" {
			continue
		}
		rows = append(rows, row{
			"vg_name": device.Group, "pv_count": "1", "lv_count": fmt.Sprint(s.count(device.Group)), "snap_count": "0",
			"vg_attr": "wz--n-", "vg_size": inKiB(device.KiB), "vg_free": inKiB(device.KiB - s.used(device.Group)),
		})
	}
	return rows
}

// count is how many logical volumes a group has, pools and thin ones.
func (s *store) count(group string) (count int) {
	for _, logical := range s.logicalRows() {
		if logical["vg_name"] == group {
			count++
		}
	}
	return count
}

// logicalRows are the thin pools and the volumes in them.
func (s *store) logicalRows() []row {
	rows := []row{}
	for _, pool := range s.Pools {
		rows = append(rows, logicalRow(pool.Group, pool.Name, "", "twi-aotz--", pool.KiB-pool.MetadataKiB))
	}
	for _, thin := range s.Thin {
		rows = append(rows, logicalRow(thin.Group, thin.Name, thin.Pool, "Vwi-aotz--", thin.KiB))
	}
	return rows
}

func logicalRow(group, name, pool, attributes string, kib uint64) row {
	logical := row{
		"lv_name": name, "vg_name": group, "lv_attr": attributes, "lv_size": inKiB(kib), "pool_lv": pool,
		"data_percent": "0.00",
	}
	for _, column := range []string{"origin", "metadata_percent", "move_pv", "mirror_log", "copy_percent", "convert_lv"} {
		logical[column] = ""
	}
	return logical
}
