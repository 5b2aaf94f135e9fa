package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ringdown/disclose"
	"ringdown/web"
)

type verifyCommand struct {
	File string   `arg:"" optional:"" help:"The disclosure."`
	Key  []string `help:"Fingerprint that one of the parties must have, as you know it from elsewhere. Repeatable." placeholder:"FINGERPRINT" sep:"none"`
	JSON bool     `help:"Print one JSON object." name:"json"`
	Page string   `help:"Write the verification page to a file: it does the same in a browser, offline." placeholder:"OUT.html"`
}

// Validate runs before the command: what it refuses was not understood.
func (c *verifyCommand) Validate() error {
	if c.File == "" && c.Page == "" {
		return errors.New("expected a FILE, or --page=OUT.html")
	}
	for i, k := range c.Key {
		k = strings.ToLower(strings.Join(strings.FieldsFunc(k, func(r rune) bool { return r == ' ' || r == ':' }), ""))
		if len(k) != 64 || strings.Trim(k, "0123456789abcdef") != "" {
			return fmt.Errorf("--key is %q, want 64 hexadecimal digits", c.Key[i])
		}
		c.Key[i] = k
	}
	return nil
}

func (c *verifyCommand) Run(t *terminal) error {
	if c.Page != "" {
		if err := os.WriteFile(c.Page, web.VerifyPage, 0o644); err != nil {
			return err
		}
	}
	if c.File == "" {
		return nil
	}
	b, err := readDisclosure(c.File)
	if err != nil {
		return err
	}
	report, err := disclose.Verify(b, c.Key...)
	fail, failed := errors.AsType[*disclose.Failure](err)
	switch {
	case err != nil && !failed:
		return err
	case c.JSON:
		if perr := printJSON(t.out, disclose.ResultOf(report, fail)); perr != nil {
			return perr
		}
	case failed:
		fmt.Fprintf(t.out, "NOT PROVEN\n\n%s\n", fail.Sentence)
	default:
		printReport(t.out, report)
	}
	if failed {
		return hinted{fmt.Errorf("%s proves nothing: %s", c.File, fail.Code), "ask whoever gave it to you for the file again, as it was made; docs/disclosure.md explains each failure"}
	}
	return nil
}

// readDisclosure reads no more than a disclosure may have, and one byte to tell.
func readDisclosure(name string) ([]byte, error) {
	f, err := os.Open(name)
	var b []byte
	if err == nil {
		defer f.Close()
		b, err = io.ReadAll(io.LimitReader(f, disclose.MaxFile+1))
	}
	if err != nil {
		return nil, hinted{fmt.Errorf("%s cannot be read: %w", name, cause(err)), "name the file of a disclosure, as it was saved"}
	}
	return b, nil
}

func printReport(w io.Writer, r *disclose.Report) {
	fmt.Fprintf(w, "PROVEN\n\n%s\n", r.Title)
	if r.Provided != "" {
		fmt.Fprintln(w, r.Provided)
	}
	for _, p := range r.Parties {
		fmt.Fprintf(w, "\n%s\n  fingerprint %s\n", p.Name, grouped(p.Fingerprint))
	}
	printList(w, "Warnings", r.Warnings)
	printList(w, "Proven", r.Proven)
	printList(w, "Not shown", r.NotShown)
	if len(r.Entries) > 0 {
		fmt.Fprintf(w, "\nEntries\n")
	}
	for _, e := range r.Entries {
		fmt.Fprintf(w, "\n  %s (%s proof)\n    %s\n", e.Head, e.Proof, e.Says)
		if e.Text != "" {
			fmt.Fprintf(w, "    | %s\n", strings.ReplaceAll(e.Text, "\n", "\n    | "))
		}
		for _, n := range e.Notes {
			fmt.Fprintf(w, "    %s\n", n)
		}
	}
}

func printList(w io.Writer, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, s := range list {
		fmt.Fprintf(w, "  - %s\n", s)
	}
}

// grouped writes a fingerprint so that two people can compare it.
func grouped(s string) string {
	var parts []string
	for ; len(s) > 8; s = s[8:] {
		parts = append(parts, s[:8])
	}
	return strings.Join(append(parts, s), " ")
}
