package gluster

import (
	"encoding/json"
	"fmt"
)

// eachField reads an object, or null, and has each field's value read.
func eachField(decoder *json.Decoder, read func(key string) error) error {
	return each(decoder, '{', func() error { return readField(decoder, read) })
}

// eachElement reads a list, or null, and has each element read.
func eachElement(decoder *json.Decoder, read func() error) error {
	return each(decoder, '[', read)
}

// readField reads a field's key, and has its value read.
func readField(decoder *json.Decoder, read func(key string) error) error {
	key, err := decoder.Token()
	if err != nil {
		return err
	}
	return read(key.(string)) // The decoder takes no other keys.
}

// each reads what begins with a delimiter, up to its end. Null has nothing in it.
func each(decoder *json.Decoder, begin json.Delim, read func() error) error {
	token, err := decoder.Token()
	if err != nil || token == nil {
		return err
	}
	return rest(decoder, token, begin, read)
}

// rest is each for a value whose first token has been read.
func rest(decoder *json.Decoder, token json.Token, begin json.Delim, read func() error) error {
	if token != begin {
		return fmt.Errorf("%v stands where %q is due", token, begin.String())
	}
	for decoder.More() {
		if err := read(); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

// skip reads a value that is not needed. It reads the elements of an object or a list one
// by one, because the decoder holds all that it reads at once.
func skip(decoder *json.Decoder) error {
	token, err := decoder.Token()
	var value json.RawMessage
	switch token {
	case json.Delim('{'):
		return rest(decoder, token, '{', func() error {
			return readField(decoder, func(string) error { return decoder.Decode(&value) })
		})
	case json.Delim('['):
		return rest(decoder, token, '[', func() error { return decoder.Decode(&value) })
	}
	return err
}
