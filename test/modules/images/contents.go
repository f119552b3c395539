package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/CycloneDX/cyclonedx-gomod/pkg/generate/bin"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/rs/zerolog"
)

// listModule is what lists the modules of a program.
const listModule = "github.com/CycloneDX/cyclonedx-gomod"

// writeContents writes the list of what is in a program's image (SBOM), in the form of CycloneDX: the
// modules that are in the program, with their versions, the Go that compiled it, and the certificates of
// the base if that is ownBase.
func (r release) writeContents(program string, platform v1.Platform) (err error) {
	list, err := r.contentsOf(program)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%s-%s-%s.cdx.json", filepath.Base(program), r.version, platform.OS, platform.Architecture)
	output, err := os.Create(filepath.Join(r.output, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, output.Close()) }()
	encoder := cyclonedx.NewBOMEncoder(output, cyclonedx.BOMFileFormatJSON)
	return encoder.SetPretty(true).SetEscapeHTML(false).Encode(list)
}

func (r release) contentsOf(program string) (*cyclonedx.BOM, error) {
	options := []bin.Option{
		bin.WithLogger(zerolog.Nop()), bin.WithIncludeStdlib(true),
		// Long URLs of packages would have the platform of this machine, not the program's.
		bin.WithShortPURLS(true),
	}
	if _, isOther := sources[filepath.Base(program)]; !isOther {
		options = append(options, bin.WithVersionOverride("v"+r.version))
	}
	generator, err := bin.NewGenerator(program, options...)
	if err != nil {
		return nil, err
	}
	list, err := generator.Generate()
	if err != nil {
		return nil, err
	}
	// It is called after the module, as all programs of that are.
	list.Metadata.Component.Name = filepath.Base(program)
	list.Metadata.Timestamp = r.created.Format(time.RFC3339)
	list.Metadata.Tools = &cyclonedx.ToolsChoice{Components: &[]cyclonedx.Component{pinned(listModule)}}
	if r.base == "" {
		*list.Components = append(*list.Components, pinned(rootsModule))
	}
	return list, nil
}

// pinned returns a module that this program has, with its version.
func pinned(path string) cyclonedx.Component {
	component := cyclonedx.Component{Type: cyclonedx.ComponentTypeLibrary, Name: path}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == path {
			component.Version = module.Version
			component.PackageURL = "pkg:golang/" + path + "@" + module.Version
			component.BOMRef = component.PackageURL + "?type=module"
		}
	}
	return component
}
