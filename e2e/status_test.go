package e2e

import "ringdown/api"

// status asks the page's own station, with the page's own session.
func (p *tab) status() api.Status {
	p.t.Helper()
	return eval[api.Status](p, `fetch('/api/status').then((r) => r.json())`)
}

// farReady is how many of south's consoles north knows to be ready.
func (p *pair) farReady() int {
	p.North.t.Helper()
	lines := p.North.status().Lines
	if len(lines) != 1 {
		p.North.t.Fatalf("north has %d lines, wanted 1", len(lines))
	}
	return lines[0].Far.Ready
}
