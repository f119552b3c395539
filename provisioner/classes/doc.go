// Package classes tells whether volumes can be made with a StorageClass, before anybody
// claims one: by the class itself, by the Secret that it names, and by its heketi, if that is
// asked for.
package classes
