package parameters

import (
	"regexp"
	"strings"
)

const volumeOptions = "volumeoptions"

const optionsWanted = "must be 'key value' items, separated by commas, of letters, digits and ._:/=@%+*- only, without leading dashes; a comma always ends an item, so set an option whose value has one with gluster volume set"

// optionForm is that of an option's key and value. Their characters are safe unquoted on a
// command line: heketi hands an option to a shell on the storage host as it is. Neither looks
// like an option of the gluster command, such as --log-file: it looks for these in all its
// arguments. A value may begin with one dash, as negative numbers do.
var optionForm = regexp.MustCompile(`^[A-Za-z0-9._:/=@%+*][A-Za-z0-9._:/=@%+*-]* (-|-?[A-Za-z0-9._:/=@%+*][A-Za-z0-9._:/=@%+*-]*)$`)

func readVolumeOptions(given values, into *Parameters) []Problem {
	var refused []string
	for _, option := range items(given[volumeOptions]) {
		if optionForm.MatchString(option) {
			into.VolumeOptions = append(into.VolumeOptions, option)
		} else {
			refused = append(refused, option)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return refuse(volumeOptions, strings.Join(refused, ", "), optionsWanted)
}

var admittedVolumeOptions = []condition{
	{parameter: volumeOptions, holds: eachItem(volumeOptions, optionForm), wanted: optionsWanted},
}
