package parameters

import "strconv"

const snapFactor = "snapfactor"

// readSnapshotFactor takes plain decimal numbers only: package strconv would
// take NaN, Inf and hexadecimal ones too.
func readSnapshotFactor(given values, into *Parameters) []Problem {
	value := given[snapFactor]
	if value == "" {
		into.SnapshotFactor = 1
		return nil
	}
	factor, err := strconv.ParseFloat(value, 64)
	if err != nil || !consistsOf(value, digits+".") || factor < 1 || factor > 100 {
		return refuse(snapFactor, value, "must be a number from 1 to 100, such as 1.5")
	}
	into.SnapshotFactor = float32(factor)
	return nil
}
