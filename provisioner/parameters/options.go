package parameters

import (
	"regexp"
	"strings"

	"glusterfs-provisioner/provisioner/gluster"
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
		findAllFiles(into)
		return nil
	}
	return refuse(volumeOptions, strings.Join(refused, ", "), optionsWanted)
}

const filesHidden = "volumeoptions has " + gluster.LookupOptimize + " on, so volumes cannot grow: some of their files would not be found any more. Leave the option out; it is off then."

// findAllFiles turns off the option with which gluster would hide files of a volume that
// grows, unless the class says something of it.
func findAllFiles(into *Parameters) {
	said, off := false, false
	for _, option := range into.VolumeOptions {
		if key, value, _ := strings.Cut(option, " "); gluster.IsLookupOptimize(key) {
			said, off = true, gluster.IsOff(value)
		}
	}
	switch {
	case !said:
		into.VolumeOptions = append(into.VolumeOptions, gluster.LookupOptimize+" off")
	case !off:
		into.Warnings = append(into.Warnings, filesHidden)
	}
}

var admittedVolumeOptions = []condition{
	{parameter: volumeOptions, holds: eachItem(volumeOptions, optionForm), wanted: optionsWanted},
}
