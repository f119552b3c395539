// Command images builds the project's images for several platforms without an engine, lists what is in
// them, and pushes them to a registry. "make image-all" and "make image-push" run it.
//
// What an image has, its target in the Dockerfile says; there is no second description of it. Programs are
// compiled for each platform, and put on a base that consists of files which this module pins, or on one
// from a registry. The same commit yields the same bytes, on any machine and in any folder.
package main
