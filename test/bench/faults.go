package bench

import (
	"fmt"
	"math"
	"path/filepath"
	"time"
)

// Fault is something that goes wrong with the commands that heketi runs on its
// nodes, such as "gluster --mode=script --timeout=600 volume create vol_1 ...".
// A command that comes to harm is not looked at by further faults.
type Fault struct {
	// Command is a regular expression for the commands, such as "volume create".
	Command string
	// While is a file; the fault happens only while it exists. By default it
	// always happens.
	While string
	// Pause is how long the command takes, in whole seconds. Without Error and
	// Crash it succeeds after that.
	Pause time.Duration
	// Output is what the command prints, which then succeeds.
	Output string
	// Error is what the command fails with.
	Error string
	// Crash is whether heketi dies before the command runs.
	Crash bool
}

// commandHook is what heketi's "inject" executor does instead of a command.
type commandHook struct {
	Cmd      string
	CondFile string
	Reaction reaction
}

type reaction struct {
	Result string
	Err    string
	Pause  uint64
	Panic  string
}

// Answers to those commands whose output heketi reads. The others succeed.
const (
	// Its columns 12 to 16 are the size of an extent in KiB, and how many extents
	// there are, are used and are free: those of a device of the mock executor.
	answerVGDisplay = "vg:r/w:772:-1:0:0:0:-1:0:1:1:524288000:4096:128000:0:128000:uuid"
	answerPVS       = `{"report":[{"pv":[{"pv_name":"pv","pv_uuid":"uuid","vg_name":"vg"}]}]}`
	answerSnapshots = "<cliOutput><opRet>0</opRet><snapList><count>0</count></snapList></cliOutput>"
	answerThinCount = "0"
)

// FaultSettings are settings of heketi's "glusterfs" section with which the faults happen. They name
// a file in the folder. heketi's executor
// "inject/mock" ignores them, because the mock executor runs no commands. Thus the
// executor is SSH's, with an answer to every command, so that it never connects.
func FaultSettings(folder string, faults []Fault) (map[string]any, error) {
	// Any key will do.
	login, err := newAuthority("ssh")
	if err != nil {
		return nil, err
	}
	_, key, err := login.save(filepath.Join(folder, "ssh"))
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"executor": "inject/ssh",
		"sshexec":  map[string]string{"keyfile": key},
		"injectexec": map[string]any{
			"command_injection": map[string]any{"commands": commandHooks(faults)},
		},
	}, nil
}

// commandHooks puts the faults before the answers, since the first hook that fits
// a command is the one that counts.
func commandHooks(faults []Fault) []commandHook {
	var hooks []commandHook
	for _, fault := range faults {
		reaction := reaction{Result: fault.Output, Err: fault.Error, Pause: uint64(math.Ceil(fault.Pause.Seconds()))}
		if fault.Crash {
			reaction.Panic = fmt.Sprintf("crash wanted at %q", fault.Command)
		}
		hooks = append(hooks, commandHook{Cmd: fault.Command, CondFile: fault.While, Reaction: reaction})
	}
	return append(hooks,
		commandHook{Cmd: "vgdisplay -c", Reaction: reaction{Result: answerVGDisplay}},
		commandHook{Cmd: "pvs -o", Reaction: reaction{Result: answerPVS}},
		commandHook{Cmd: "snapshot list", Reaction: reaction{Result: answerSnapshots}},
		commandHook{Cmd: "thin_count", Reaction: reaction{Result: answerThinCount}},
		// Without it, heketi takes a device by the name that it was given.
		commandHook{Cmd: "udevadm", Reaction: reaction{Err: "there is no udev"}},
		commandHook{Cmd: ".*"},
	)
}
