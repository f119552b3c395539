package gluster

import (
	"encoding/json"
	"fmt"
)

// eachField reads an object, and has each field's value read.
func eachField(decoder *json.Decoder, read func(key string) error) error {
	return each(decoder, '{', func() error {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		return read(key.(string)) // The decoder takes no other keys.
	})
}

// eachElement reads a list, or null, and has each element read.
func eachElement(decoder *json.Decoder, read func() error) error {
	return each(decoder, '[', read)
}

// each reads what begins with a delimiter, up to its end. Null has nothing in it.
func each(decoder *json.Decoder, begin json.Delim, read func() error) error {
	token, err := decoder.Token()
	if err != nil || token == nil {
		return err
	}
	if token != begin {
		return fmt.Errorf("%v stands where %q is due", token, begin.String())
	}
	for decoder.More() {
		if err := read(); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

// skip reads a value that is not needed.
func skip(decoder *json.Decoder) error {
	var value json.RawMessage
	return decoder.Decode(&value)
}
