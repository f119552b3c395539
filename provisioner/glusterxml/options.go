package glusterxml

import "fmt"

// ReadOption reads what "gluster volume get all OPTION --xml" printed.
func ReadOption(printed []byte, option string) (value string, err error) {
	var told struct {
		Options []struct {
			Name  string `xml:"Option"`
			Value string `xml:"Value"`
		} `xml:"volGetopts>Opt"`
	}
	if err := read(printed, &told); err != nil {
		return "", err
	}
	for _, got := range told.Options {
		if got.Name == option {
			return got.Value, nil
		}
	}
	return "", fmt.Errorf("gluster does not tell the option %s", option)
}
