package glusterxml

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// outcome is what each answer has.
type outcome struct {
	Result  *int   `xml:"opRet"`
	Message string `xml:"opErrstr"`
}

// read reads an answer into what is told of. An answer that says that the command failed is an error that has what it says.
func read(printed []byte, told any) error {
	var ended outcome
	if err := xml.Unmarshal(printed, &ended); err != nil {
		return fmt.Errorf("gluster printed no XML but %q: %w", begin(printed), err)
	}
	if ended.Result == nil {
		return fmt.Errorf("gluster printed %q, which does not say how the command ended", begin(printed))
	}
	if *ended.Result != 0 {
		return fmt.Errorf("gluster says: %s", strings.TrimSpace(ended.Message))
	}
	return xml.Unmarshal(printed, told)
}

// begin is as much of a text as an error needs.
func begin(text []byte) string {
	const enough = 200
	if len(text) > enough {
		return string(text[:enough]) + "..."
	}
	return string(text)
}

// ReadDone reads what a command printed that does something, and says whether it did.
func ReadDone(printed []byte) (struct{}, error) {
	var nothing struct{}
	return nothing, read(printed, &nothing)
}
