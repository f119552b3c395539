package parameters

// IsKey says whether the value of a class's parameter is a key.
func IsKey(name string) bool { return documentedName(name) == restUserKey }

// MayBeKey says whether the value of a class's parameter may be a key: that of restuserkey, or of
// one that does not exist, since it may be a misspelled restuserkey.
func MayBeKey(name string) bool { return IsKey(name) || documentedName(name) == "" }
