package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/probe.js
var probe string

// patience is how long a page may take for what should happen at once, on a machine
// that is busy. No assertion about speed rests on it.
const patience = 20 * time.Second

// options say how a Chromium is started.
type options struct {
	Tone    float64 // of the microphone, in Hz
	Profile string  // folder; a new one if empty

	// Plain starts the browser without the flags that let pages use the loopback
	// interface for WebRTC and play sound without a gesture, and without the one
	// that answers the question for the microphone: the permission is granted to
	// the one origin, as a person would.
	Plain bool

	// Host is the network namespace to run in; this one if empty.
	Host string

	// Throttled leaves the browser's savings in hidden tabs as they are.
	Throttled bool
}

// A chromium is one browser process.
type chromium struct {
	ctx     context.Context
	Profile string
}

func startChromium(t *testing.T, o options) *chromium {
	t.Helper()
	if o.Profile == "" {
		o.Profile = t.TempDir()
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), o.flags(t)...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return &chromium{ctx: ctx, Profile: o.Profile}
}

func (o options) flags(t *testing.T) []chromedp.ExecAllocatorOption {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(o.Profile),
		chromedp.WindowSize(1280, 900),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", toneFile(t, o.Tone)),
	)
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox)
	}
	if !o.Plain {
		flags = append(flags,
			chromedp.Flag("use-fake-ui-for-media-stream", true),
			chromedp.Flag("allow-loopback-in-peer-connection", true),
			chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		)
	}
	if o.Host != "" {
		flags = append(flags, chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.Args = append([]string{"ip", "netns", "exec", o.Host, cmd.Path}, cmd.Args[1:]...)
			cmd.Path = ipProgram()
		}))
	}
	if o.Throttled {
		flags = append(flags,
			chromedp.Flag("disable-background-timer-throttling", false),
			chromedp.Flag("disable-backgrounding-occluded-windows", false),
			chromedp.Flag("disable-renderer-backgrounding", false),
		)
	}
	return flags
}

// A tab is one page in a browser, or a frame of it that has a process of its own.
type tab struct {
	ctx context.Context
	t   *testing.T
}

// open opens a tab and goes to url. The page is closed when the test ends.
func (c *chromium) open(t *testing.T, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewWindow(false)) // a real tab, which another can hide
	t.Cleanup(cancel)
	p := &tab{ctx: ctx, t: t}
	t.Cleanup(func() {
		if t.Failed() {
			p.screenshot(fmt.Sprintf("%s-failed-%p", t.Name(), p))
		}
	})
	p.watchErrors()
	p.do("injecting the probe", chromedp.Func(func(ctx context.Context, tgt *chromedp.Target) error {
		_, err := cdp.Call(ctx, tgt, page.AddScriptToEvaluateOnNewDocument,
			page.AddScriptToEvaluateOnNewDocumentParams{Source: probe})
		return err
	}))
	p.do("opening "+url, chromedp.Navigate(url))
	return p
}

// frame attaches to a frame of a page that is open, which the browser gave a process
// of its own because it shows another origin.
func (c *chromium) frame(t *testing.T, origin string) *tab {
	t.Helper()
	var found *target.Info
	until(t, patience, func() bool {
		all, err := chromedp.Targets(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(x *target.Info) bool { return x.Type == "iframe" && strings.HasPrefix(x.URL, origin) })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	}, func() string { return "no frame shows " + origin })
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(found.TargetID), chromedp.WithDetachOnCancel())
	t.Cleanup(cancel)
	p := &tab{ctx: ctx, t: t}
	p.watchErrors()
	eval[*string](p, probe)
	return p
}

// allowMicrophone grants the microphone to one origin, as the person's click on Allow does.
func (c *chromium) allowMicrophone(t *testing.T, origin string) {
	t.Helper()
	_, err := chromedp.CallBrowser(c.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "microphone"},
		Setting:    browser.PermissionSettingGranted,
		Origin:     origin,
	})
	if err != nil {
		t.Fatalf("granting the microphone: %v", err)
	}
}

// watchErrors makes the test fail if the page throws or its content security policy
// refuses something.
func (p *tab) watchErrors() {
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleException || strings.Contains(m.Text, "Content Security Policy") {
				p.t.Errorf("the page: %s (%s:%d)", m.Text, m.URL, m.Line+1)
			}
		}
	}()
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// eval runs a script in the page, waits for its promise, and returns its value.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	v, err := tryEval[T](p, script)
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return v
}

func tryEval[T any](p *tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// until waits for ok, asking again every 50 ms, and fails with what() after the time.
func (p *tab) until(limit time.Duration, ok func() bool, what func() string) {
	p.t.Helper()
	until(p.t, limit, ok, what)
}

// reaction is how long a person needs at least to press a button that has just
// appeared. The page puts off or ignores what is faster, because it may have been meant for
// the button that stood there before.
const reaction = 500 * time.Millisecond

// press finds the button with the accessible name, as a screen reader would, and
// presses it with the mouse.
func (p *tab) press(name string) {
	p.t.Helper()
	p.click(name, p.settled(name, reaction))
}

// pressAtOnce presses the button the moment it is there, as only a program does.
func (p *tab) pressAtOnce(name string) {
	p.t.Helper()
	p.click(name, p.settled(name, 0))
}

func (p *tab) click(name string, id cdp.BackendNodeID) {
	p.t.Helper()
	p.do("pressing "+name, chromedp.Func(func(ctx context.Context, tgt *chromedp.Target) error {
		x, y, err := centre(ctx, tgt, id)
		if err != nil {
			return err
		}
		_, err = chromedp.MouseClickXY(x, y)(ctx, tgt)
		return err
	}))
}

// settled waits until a button has borne its name for that long.
func (p *tab) settled(name string, long time.Duration) (id cdp.BackendNodeID) {
	p.t.Helper()
	var since time.Time
	p.until(patience, func() bool {
		found, ok := p.button(name)
		if !ok || found != id {
			id, since = found, time.Now()
		}
		return ok && time.Since(since) >= long
	}, func() string { return fmt.Sprintf("no button %q to press; status %q", name, p.statuses()) })
	return id
}

// button looks for a button that can be pressed now.
func (p *tab) button(name string) (cdp.BackendNodeID, bool) {
	p.t.Helper()
	find := func(ctx context.Context, tgt *chromedp.Target) (cdp.BackendNodeID, error) {
		doc, err := cdp.Call(ctx, tgt, dom.GetDocument, dom.GetDocumentParams{})
		if err != nil {
			return 0, err
		}
		res, err := cdp.Call(ctx, tgt, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
			BackendNodeID: doc.Root.BackendNodeID, AccessibleName: name, Role: "button",
		})
		if err != nil {
			return 0, err
		}
		for _, n := range res.Nodes {
			if !n.Ignored && !property(n, accessibility.PropertyNameDisabled) {
				return n.BackendDOMNodeID, nil
			}
		}
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	id, err := chromedp.Run(ctx, find)
	return id, err == nil && id != 0
}

// property says whether a node of the accessibility tree has the property, and it is true.
func property(n *accessibility.Node, name accessibility.PropertyName) bool {
	for _, prop := range n.Properties {
		if prop.Name == name && prop.Value != nil && string(prop.Value.Value) == "true" {
			return true
		}
	}
	return false
}

func centre(ctx context.Context, tgt *chromedp.Target, id cdp.BackendNodeID) (x, y float64, err error) {
	_, err = cdp.Call(ctx, tgt, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: id})
	if err != nil {
		return 0, 0, err
	}
	box, err := cdp.Call(ctx, tgt, dom.GetBoxModel, dom.GetBoxModelParams{BackendNodeID: id})
	if err != nil {
		return 0, 0, err
	}
	q := box.Model.Content
	return (q[0] + q[4]) / 2, (q[1] + q[5]) / 2, nil
}

// statuses reads the elements with role=status.
func (p *tab) statuses() []string {
	s, err := tryEval[[]string](p, `ringdownProbe.statuses()`)
	if err != nil {
		return []string{err.Error()}
	}
	return s
}

// waitStatus waits until a status says the words.
func (p *tab) waitStatus(words string) {
	p.t.Helper()
	p.waitStatusFor(patience, words)
}

func (p *tab) waitStatusFor(limit time.Duration, words string) {
	p.t.Helper()
	p.until(limit, func() bool { return p.says(words) },
		func() string { return fmt.Sprintf("the page never said %q; it says %q", words, p.statuses()) })
}

func (p *tab) says(words string) bool {
	return strings.Contains(strings.Join(p.statuses(), "\n"), words)
}

// said is everything that a status has said since the page was loaded.
func (p *tab) said() []string {
	p.t.Helper()
	return eval[[]string](p, `ringdownProbe.said`)
}

// screenshot writes the page as a PNG into the folder that RINGDOWN_SHOTS names.
func (p *tab) screenshot(name string) {
	p.t.Helper()
	folder := os.Getenv("RINGDOWN_SHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Errorf("taking the picture %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		p.t.Error(err)
	}
}

// quote writes v as JavaScript.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// reload loads the page again, as F5 does.
func (p *tab) reload() {
	p.t.Helper()
	p.do("loading the page again", chromedp.Reload())
}

// crash kills the process of the page. The browser never answers that command.
func (p *tab) crash() {
	p.t.Helper()
	dead := make(chan struct{})
	events := chromedp.Events(p.ctx, inspector.TargetCrashed)
	go func() {
		for range events {
			close(dead)
			return
		}
	}()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	go chromedp.Call(ctx, page.Crash, cdp.Empty{})
	select {
	case <-dead:
	case <-ctx.Done():
		p.t.Fatal("the page cannot be made to crash")
	}
}

// close closes the page, as the cross on its tab does.
func (p *tab) close() {
	p.t.Helper()
	if err := chromedp.Cancel(p.ctx); err != nil {
		p.t.Fatal(err)
	}
}
