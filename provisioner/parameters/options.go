package parameters

import "strings"

const volumeOptions = "volumeoptions"

// optionCharacters are safe unquoted on a command line: heketi hands an option
// to a shell on the storage host as it is.
const optionCharacters = alphanumeric + "._:/=@%+*-"

func readVolumeOptions(given values, into *Parameters) []Problem {
	var refused []string
	for _, option := range items(given[volumeOptions]) {
		if isVolumeOption(option) {
			into.VolumeOptions = append(into.VolumeOptions, option)
		} else {
			refused = append(refused, option)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return refuse(volumeOptions, strings.Join(refused, ", "),
		"must be 'key value' items, separated by commas, of letters, digits and ._:/=@%+*- only, without leading dashes; a comma always ends an item, so set an option whose value has one with gluster volume set")
}

// isVolumeOption refuses what the gluster command would take as an option of
// its own, such as --log-file: it looks for these in all its arguments. A value
// may begin with one dash, as negative numbers do.
func isVolumeOption(option string) bool {
	key, value, _ := strings.Cut(option, " ")
	return key != "" && consistsOf(key, optionCharacters) && !strings.HasPrefix(key, "-") &&
		value != "" && consistsOf(value, optionCharacters) && !strings.HasPrefix(value, "--")
}
