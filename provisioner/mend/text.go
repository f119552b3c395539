package mend

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// span is a part of a text, from its first byte to the one after its last.
type span struct{ start, end int }

func (s span) of(text []byte) []byte { return text[s.start:s.end] }

// object is a JSON object in a text.
type object struct {
	at      span
	members []member
}

// member is a member of an object, from the quote of its name to the end of its value.
type member struct {
	name      string
	at, value span
}

// objectAt reads an object. It returns an error if there is another value, or if two of
// its members have one name. Which of the two counts would depend on the reader. Go's
// reader, and so heketi, takes names that differ in case for one.
func objectAt(text []byte, at span) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(at.of(text)))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return object{}, errors.New("it is not a JSON object; " + unlikeHeketi)
	}
	o := object{at: at}
	seen := map[string]bool{}
	for decoder.More() {
		before := at.start + int(decoder.InputOffset())
		token, err := decoder.Token()
		if err != nil {
			return object{}, fmt.Errorf("a JSON object is broken: %w", err)
		}
		name, _ := token.(string) // Only strings come here.
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return object{}, fmt.Errorf("%q is no JSON: %w", name, err)
		}
		end := at.start + int(decoder.InputOffset())
		folded := strings.ToLower(strings.ToUpper(name))
		if seen[folded] {
			return object{}, fmt.Errorf("%q is there twice; %s", name, unlikeHeketi)
		}
		seen[folded] = true
		start := before + bytes.IndexByte(text[before:end], '"')
		o.members = append(o.members, member{name, span{start, end}, span{end - len(value), end}})
	}
	if _, err := decoder.Token(); err != nil {
		return object{}, fmt.Errorf("a JSON object does not end: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return object{}, errors.New("there is more than one JSON object")
	}
	return o, nil
}

// member returns the value of that name.
func (o object) member(name string) (span, error) {
	i := slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
	if i < 0 {
		return span{}, fmt.Errorf("there is no %q; %s", name, unlikeHeketi)
	}
	return o.members[i].value, nil
}

// objectIn reads the object that a member of another is.
func objectIn(text []byte, from object, name string) (object, error) {
	at, err := from.member(name)
	if err != nil {
		return object{}, err
	}
	return objectAt(text, at)
}

// change is a part of a text that becomes another.
type change struct {
	at span
	to string
}

// apply makes changes that do not overlap.
func apply(text []byte, changes []change) []byte {
	slices.SortFunc(changes, func(a, b change) int { return a.at.start - b.at.start })
	var after []byte
	done := 0
	for _, c := range changes {
		after = append(append(after, text[done:c.at.start]...), c.to...)
		done = c.at.end
	}
	return append(after, text[done:]...)
}

// replace returns the change of the value that the names lead to, from an object on. It
// returns an error if the value is not the one that is expected.
func replace(text []byte, from object, to string, expected any, names ...string) (change, error) {
	last := len(names) - 1
	for i, name := range names[:last] {
		var err error
		if from, err = objectIn(text, from, name); err != nil {
			return change{}, fmt.Errorf("in %s: %w", strings.Join(names[:i+1], "."), err)
		}
	}
	at, err := from.member(names[last])
	if err != nil {
		return change{}, fmt.Errorf("in %s: %w", strings.Join(names, "."), err)
	}
	want, err := json.Marshal(expected)
	if err != nil || !bytes.Equal(at.of(text), want) {
		return change{}, fmt.Errorf("%s is %s instead of %s; %s", strings.Join(names, "."), at.of(text), want, unlikeHeketi)
	}
	return change{at, to}, nil
}

// without returns the change by which an object loses members. Those that stay keep their
// text and what is between them.
func (o object) without(text []byte, gone []string) change {
	var kept []string
	for _, m := range o.members {
		if !slices.Contains(gone, m.name) {
			kept = append(kept, string(m.at.of(text)))
		}
	}
	if len(kept) == 0 || len(o.members) < 2 {
		return change{o.at, "{}"}
	}
	first, second, last := o.members[0], o.members[1], o.members[len(o.members)-1]
	opening, between, closing := text[o.at.start:first.at.start], text[first.at.end:second.at.start], text[last.at.end:o.at.end]
	return change{o.at, string(opening) + strings.Join(kept, string(between)) + string(closing)}
}
