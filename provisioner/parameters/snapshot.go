package parameters

import (
	"regexp"
	"strconv"
)

const snapFactor = "snapfactor"

const snapFactorWanted = "must be a number from 1 to 100, such as 1.5"

// snapFactorForm is that of plain decimal numbers: package strconv would take NaN, Inf and
// hexadecimal ones too.
var snapFactorForm = regexp.MustCompile(`^0*[0-9]{1,3}([.][0-9]*)?$`)

func readSnapshotFactor(given values, into *Parameters) []Problem {
	value := given[snapFactor]
	if value == "" {
		into.SnapshotFactor = 1
		return nil
	}
	factor, err := strconv.ParseFloat(value, 64)
	if err != nil || !snapFactorForm.MatchString(value) || factor < 1 || factor > 100 {
		return refuse(snapFactor, value, snapFactorWanted)
	}
	into.SnapshotFactor = float32(factor)
	return nil
}

var admittedSnapshotFactor = []condition{{
	parameter: snapFactor,
	holds: value(snapFactor) + " == '' || " + matches(snapFactor, snapFactorForm) +
		" && double(" + value(snapFactor) + ") >= 1.0 && double(" + value(snapFactor) + ") <= 100.0",
	wanted: snapFactorWanted,
}}
