// Renders a Helm chart as `helm template` does, as far as charts of this repository need it: text/template with sprig and the
// few functions that Helm adds. Reads {"templates": {name: text}, "context": {…}} from standard input, with files of `_…tpl`
// as definitions only, and writes {name: rendered text}; a `fail` ends it with exit code 1 and its text.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
)

type input struct {
	Templates map[string]string      `json:"templates"`
	Context   map[string]interface{} `json:"context"`
}

func main() {
	var in input
	decoder := json.NewDecoder(os.Stdin)
	if err := decoder.Decode(&in); err != nil {
		stop(err)
	}
	root := template.New("chart").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["fail"] = func(reason string) (string, error) { return "", fmt.Errorf("%s", reason) }
	functions["required"] = func(reason string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", reason)
		}
		return value, nil
	}
	// JSON is YAML; whoever reads the result parses it.
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := json.Marshal(value)
		return string(text), err
	}
	functions["toJson"] = functions["toYaml"]
	functions["fromJson"] = func(text string) (map[string]interface{}, error) {
		var value map[string]interface{}
		err := json.Unmarshal([]byte(text), &value)
		return value, err
	}
	root.Funcs(functions)

	names := make([]string, 0, len(in.Templates))
	for name := range in.Templates {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if _, err := root.New(name).Parse(in.Templates[name]); err != nil {
			stop(err)
		}
	}
	rendered := map[string]string{}
	for _, name := range names {
		if strings.HasPrefix(name, "_") {
			continue
		}
		var out bytes.Buffer
		if err := root.ExecuteTemplate(&out, name, in.Context); err != nil {
			stop(err)
		}
		// As Helm: what a missing key gives is nothing.
		rendered[name] = strings.ReplaceAll(out.String(), "<no value>", "")
	}
	if err := json.NewEncoder(os.Stdout).Encode(rendered); err != nil {
		stop(err)
	}
}

func stop(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
