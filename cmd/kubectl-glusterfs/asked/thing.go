package asked

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Thing is what an API server answered about one object, or about a list of them. The zero
// value is an object that does not exist.
type Thing[T any] struct {
	// Value is what it is, if it is there.
	Value T
	// There says that it exists.
	There bool
	// Err is why the API server did not tell; nil if it did.
	Err error
}

// For returns what a client of the API server returned.
func For[T any](value T, err error) Thing[T] {
	switch {
	case apierrors.IsNotFound(err):
		return Thing[T]{}
	case err != nil:
		return Thing[T]{Err: err}
	}
	return Thing[T]{Value: value, There: true}
}

// IsAbsent says that the API server answered that it does not exist.
func (t Thing[T]) IsAbsent() bool { return !t.There && t.Err == nil }

// Then returns what is made of it, if it is there.
func Then[A, B any](thing Thing[A], get func(A) (B, error)) Thing[B] {
	if !thing.There {
		return Thing[B]{Err: thing.Err}
	}
	return For(get(thing.Value))
}
