package app

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"
)

// The values of --output. Not every verb has all of them.
const (
	table    = "table"
	wide     = "wide"
	jsonText = "json"
	yamlText = "yaml"
	names    = "name"
)

// output is how a verb prints.
type output struct {
	format  string
	allowed []string
}

// newOutput gives a verb the flag. The first of the formats is the default.
func newOutput(verb *cobra.Command, allowed ...string) *output {
	const flag = "output"
	o := &output{allowed: allowed}
	verb.Flags().StringVarP(&o.format, flag, "o", allowed[0], "Output format: one of "+strings.Join(allowed, ", ")+".")
	// It fails only if there is no such flag.
	_ = verb.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
	return o
}

func (o *output) check() error {
	if !slices.Contains(o.allowed, o.format) {
		return fmt.Errorf("--output=%s: must be one of %s", o.format, strings.Join(o.allowed, ", "))
	}
	return nil
}

// printing is what can be printed in all formats.
type printing struct {
	// content is what JSON and YAML have.
	content any
	// table is for people; columns with a priority are in the wide one only.
	table *metav1.Table
	// names are the objects, as kubectl writes them.
	names []string
	// status is how the verb ends when this is printed.
	status error
}

func (o *output) print(out io.Writer, p printing) error {
	switch o.format {
	case jsonText:
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(p.content)
	case yamlText:
		text, err := yaml.Marshal(p.content)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case names:
		for _, name := range p.names {
			if _, err := fmt.Fprintln(out, name); err != nil {
				return err
			}
		}
		return nil
	}
	aligned := printers.GetNewTabWriter(out)
	if err := printers.NewTablePrinter(printers.PrintOptions{Wide: o.format == wide}).PrintObj(p.table, aligned); err != nil {
		return err
	}
	return aligned.Flush()
}

// column is a column of a table, which only the wide one has if it says so.
type column struct {
	name string
	wide bool
}

func newTable(columns ...column) *metav1.Table {
	made := &metav1.Table{}
	for _, column := range columns {
		definition := metav1.TableColumnDefinition{Name: column.name, Type: "string"}
		if column.wide {
			definition.Priority = 1
		}
		made.ColumnDefinitions = append(made.ColumnDefinitions, definition)
	}
	return made
}

// addRow adds a row; what is empty in it is shown as "-".
func addRow(to *metav1.Table, cells ...string) {
	row := metav1.TableRow{}
	for _, cell := range cells {
		if cell == "" {
			cell = "-"
		}
		row.Cells = append(row.Cells, cell)
	}
	to.Rows = append(to.Rows, row)
}
