package main

import (
	"fmt"
	"io"
	"strings"
)

// report tells of each finding, those of modules first. What of the standard library has
// to be raised is the images' Go, so it says which that is.
func report(to io.Writer, s scan, imageGo string) {
	var modules, library []finding
	for _, f := range s.findings {
		if f.module == stdlib {
			library = append(library, f)
		} else {
			modules = append(modules, f)
		}
	}
	tell(to, "in modules", modules)
	tell(to, "in the standard library of "+s.goVersion, library)
	fmt.Fprintf(to, "Images are built with %s; what it fixes is not in them.\n", imageGo)
}

func tell(to io.Writer, where string, findings []finding) {
	if len(findings) == 0 {
		fmt.Fprintf(to, "No known vulnerabilities %s.\n", where)
		return
	}
	fmt.Fprintf(to, "Known vulnerabilities %s: %d\n", where, len(findings))
	for _, f := range findings {
		what, fixed := f.module+" "+f.version, "fixed by "+f.fixed
		if f.module == stdlib {
			what, fixed = "", "fixed by Go "+strings.TrimPrefix(f.fixed, "v")
		}
		if f.fixed == "" {
			fixed = "no version fixes it"
		}
		fmt.Fprintf(to, "  %s  %-8s  %s\n", f.id, f.level, strings.TrimPrefix(what+", "+fixed, ", "))
		if f.summary != "" {
			fmt.Fprintf(to, "      %s\n", f.summary)
		}
		if f.where != "" {
			fmt.Fprintf(to, "      %s\n", f.where)
		}
	}
}
