package database

import "errors"

var (
	// ErrNone is that nothing has ever been saved.
	ErrNone = errors.New("no database has been saved")
	// ErrGone is that a database was saved, and is not there any more.
	ErrGone = errors.New("the saved database is gone")
	// ErrDamaged is that what is saved is not whole.
	ErrDamaged = errors.New("the saved database is damaged")
	// ErrOlder is that what is saved is not what was saved last.
	ErrOlder = errors.New("the saved database is not the latest")
	// ErrTaken is that somebody else has claimed the database.
	ErrTaken = errors.New("another keeper has the database")
)
