package rebuild

import _ "embed" // for collect.sh

// Script is the shell script that a person runs on each storage host. It wants sh, coreutils, gluster
// and LVM. What it prints is read by ParseHost.
//
//go:embed collect.sh
var Script string
