package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// row is a line of a report, a value for each of LVM's columns.
type row map[string]string

// printReport prints a report as LVM does with "--reportformat json".
func printReport(out io.Writer, kind string, rows []row) error {
	return json.NewEncoder(out).Encode(map[string]any{"report": []any{map[string]any{kind: rows}}})
}

// defaultColumns are LVM's, which it prints if no others are asked for.
var defaultColumns = map[string][]string{
	"pv": {"pv_name", "vg_name", "pv_fmt", "pv_attr", "pv_size", "pv_free"},
	"vg": {"vg_name", "pv_count", "lv_count", "snap_count", "vg_attr", "vg_size", "vg_free"},
	"lv": {
		"lv_name", "vg_name", "lv_attr", "lv_size", "pool_lv", "origin", "data_percent", "metadata_percent",
		"move_pv", "mirror_log", "copy_percent", "convert_lv",
	},
}

// printAll prints all that there is of a kind, in the columns that are asked for.
func (r *request) printAll(kind string, list func(size) []row) error {
	unit, err := r.unit()
	if err != nil {
		return fmt.Errorf("a report of all %ss: %w", kind, err)
	}
	columns := defaultColumns[kind]
	if asked := r.value("options"); asked != "" {
		columns = strings.Split(asked, ",")
	}
	rows := []row{}
	for _, whole := range list(unit) {
		chosen := row{}
		for _, column := range columns {
			value, imitated := whole[column]
			if !imitated {
				return fmt.Errorf("the column %q of a report of all %ss is not imitated; these are: %s", column, kind, slices.Sorted(maps.Keys(whole)))
			}
			chosen[column] = value
		}
		rows = append(rows, chosen)
	}
	switch {
	case r.value("reportformat") == "json":
		return printReport(r.out, kind, rows)
	case r.flags.Changed("noheadings") && len(columns) == 1:
		for _, row := range rows {
			fmt.Fprintf(r.out, "  %s\n", row[columns[0]])
		}
		return nil
	}
	return fmt.Errorf("a report of all %ss is imitated with --reportformat=json only, or with --noheadings for one column", kind)
}

func (r *request) value(flag string) string { return r.flags.Lookup(flag).Value.String() }

// size writes a size of that many KiB in the report's unit.
type size func(kib uint64) string

// unit returns the unit that is asked for.
func (r *request) unit() (size, error) {
	switch units, suffix := r.value("units"), !r.flags.Changed("nosuffix"); {
	case units == "k" && suffix:
		return func(kib uint64) string { return fmt.Sprintf("%d.00k", kib) }, nil
	case units == "b" && !suffix:
		return func(kib uint64) string { return fmt.Sprint(kib * 1024) }, nil
	case units == "" && r.value("reportformat") == "":
		return func(uint64) string { return "?" }, nil
	}
	return nil, errors.New("it is imitated with --units=k only, or with --units=b --nosuffix")
}

func (s *store) physicalRows(in size) []row {
	rows := []row{}
	for _, device := range s.Physical {
		attributes := "---"
		if device.Group != "" {
			attributes = "a--"
		}
		rows = append(rows, row{
			"pv_name": device.Device, "pv_uuid": device.UUID, "vg_name": device.Group, "pv_fmt": "lvm2", "pv_attr": attributes,
			"pv_size": in(device.KiB), "pv_free": in(device.KiB - s.used(device.Group)),
		})
	}
	return rows
}

func (s *store) groupRows(in size) []row {
	rows := []row{}
	for _, device := range s.Physical {
		if device.Group == "" {
			continue
		}
		free := device.KiB - s.used(device.Group)
		rows = append(rows, row{
			"vg_name": device.Group, "pv_count": "1", "lv_count": fmt.Sprint(s.count(device.Group)), "snap_count": "0",
			"vg_attr": "wz--n-", "vg_size": in(device.KiB), "vg_free": in(free),
			"vg_extent_size": in(extentKiB), "vg_extent_count": fmt.Sprint(device.KiB / extentKiB), "vg_free_count": fmt.Sprint(free / extentKiB),
		})
	}
	return rows
}

// count is how many logical volumes a group has, pools and thin ones.
func (s *store) count(group string) (count int) {
	for _, pool := range s.Pools {
		if pool.Group == group {
			count++
		}
	}
	for _, thin := range s.Thin {
		if thin.Group == group {
			count++
		}
	}
	return count
}

// logicalRows are the thin pools and the volumes in them.
func (s *store) logicalRows(in size) []row {
	rows := []row{}
	for _, pool := range s.Pools {
		logical := logicalRow(pool.Group, pool.Name, "twi-aotz--", in(pool.KiB-pool.MetadataKiB))
		logical["lv_metadata_size"] = in(pool.MetadataKiB)
		rows = append(rows, logical)
	}
	for _, thin := range s.Thin {
		logical := logicalRow(thin.Group, thin.Name, "Vwi-aotz--", in(thin.KiB))
		logical["pool_lv"] = thin.Pool
		rows = append(rows, logical)
	}
	return rows
}

func logicalRow(group, name, attributes, lvSize string) row {
	logical := row{"lv_name": name, "vg_name": group, "lv_attr": attributes, "lv_size": lvSize, "data_percent": "0.00"}
	for _, column := range []string{"pool_lv", "lv_metadata_size", "origin", "metadata_percent", "move_pv", "mirror_log", "copy_percent", "convert_lv"} {
		logical[column] = ""
	}
	return logical
}
