package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LoopFiles are the files below a folder that are mounted as disks. The machine's
// loop devices are seen in all sandboxes.
func LoopFiles(folder string) ([]string, error) {
	devices, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		return nil, fmt.Errorf("cannot list the loop devices: %w", err)
	}
	var files []string
	for _, device := range devices {
		// A device that is gone by now has no file any more.
		file, err := os.ReadFile(device)
		if err == nil && strings.HasPrefix(string(file), folder+"/") {
			files = append(files, strings.TrimSpace(string(file)))
		}
	}
	return files, nil
}
