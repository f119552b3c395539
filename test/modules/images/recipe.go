package main

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// recipe is what a target of a Dockerfile puts on its base image.
type recipe struct {
	// programs are the names of programs, by their paths in the image.
	programs   map[string]string
	user       string
	entrypoint []string
	// ports have their protocol, such as 8080/tcp.
	ports  []string
	labels map[string]string
}

// readRecipe reads a target of the Dockerfile of a repository, and the version of Go that it builds with.
// A target with an instruction that takes an engine is refused. Build arguments are put into labels.
func readRecipe(root, target string, args map[string]string) (recipe, string, error) {
	file, err := os.Open(filepath.Join(root, "Dockerfile"))
	if err != nil {
		return recipe{}, "", err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return recipe{}, "", fmt.Errorf("cannot read the Dockerfile: %w", err)
	}
	stages, global, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return recipe{}, "", fmt.Errorf("cannot read the Dockerfile: %w", err)
	}
	goVersion, err := defaultOf(global, "GO_VERSION")
	if err != nil {
		return recipe{}, "", err
	}
	i, found := instructions.HasStage(stages, target)
	if !found {
		return recipe{}, "", fmt.Errorf("the Dockerfile has no target %s", target)
	}
	read, err := recipeOf(stages[i], args)
	return read, goVersion, err
}

func defaultOf(args []instructions.ArgCommand, name string) (string, error) {
	for _, command := range args {
		for _, arg := range command.Args {
			if arg.Key == name && arg.Value != nil {
				return *arg.Value, nil
			}
		}
	}
	return "", fmt.Errorf("the Dockerfile has no line ARG %s= with a value before its first FROM", name)
}

func recipeOf(stage instructions.Stage, args map[string]string) (recipe, error) {
	read := recipe{programs: map[string]string{}, labels: map[string]string{}}
	lexer := shell.NewLex('\\')
	environment := shell.EnvsFromSlice(settings(args))
	for _, command := range stage.Commands {
		if expandable, ok := command.(instructions.SupportsSingleWordExpansion); ok {
			err := expandable.Expand(func(word string) (string, error) {
				expanded, _, err := lexer.ProcessWord(word, environment)
				return expanded, err
			})
			if err != nil {
				return read, err
			}
		}
		switch command := command.(type) {
		case *instructions.ArgCommand:
		case *instructions.LabelCommand:
			for _, label := range command.Labels {
				read.labels[label.Key] = label.Value
			}
		case *instructions.CopyCommand:
			if command.From != "build" || len(command.SourcePaths) != 1 {
				return read, refused(stage, command, "what it copies is not one program of the stage build")
			}
			read.programs[command.DestPath] = path.Base(command.SourcePaths[0])
		case *instructions.UserCommand:
			read.user = command.User
		case *instructions.ExposeCommand:
			for _, port := range command.Ports {
				number, protocol, found := strings.Cut(port, "/")
				if !found {
					protocol = "tcp"
				}
				read.ports = append(read.ports, number+"/"+protocol)
			}
		case *instructions.EntrypointCommand:
			if command.PrependShell {
				return read, refused(stage, command, "it needs a shell, which the image does not have; write it as a list")
			}
			read.entrypoint = command.CmdLine
		default:
			return read, refused(stage, command, "only an engine can do that; \"make image\" builds this target")
		}
	}
	return read, nil
}

func refused(stage instructions.Stage, command instructions.Command, why string) error {
	instruction, _, _ := strings.Cut(fmt.Sprint(command), "\n")
	return fmt.Errorf("target %s of the Dockerfile has %q: %s", stage.Name, instruction, why)
}

func settings(args map[string]string) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(args)) {
		list = append(list, name+"="+args[name])
	}
	return list
}
