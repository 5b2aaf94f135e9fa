package demo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringdown/impair"
)

func testStage(t *testing.T) *stage {
	t.Helper()
	wires, err := layWires()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, w := range wires {
			_ = w.Close()
		}
	})
	info := stageInfo{North: "http://localhost:1/enter", South: "http://localhost:2/enter"}
	return newStage(8000, []string{"http://localhost:1", "http://localhost:2"}, info, wires)
}

func TestStageRequests(t *testing.T) {
	s := testStage(t)
	local := map[string]string{}
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		status                   int
		says                     string
	}{
		{"page", "GET", "/", "", local, 200, "<html"},
		{"file", "GET", "/stage.js", "", local, 200, ""},
		{"no such file", "GET", "/../go.mod", "", local, 307, ""},
		{"unknown file", "GET", "/nothing", "", local, 404, "no page"},
		{"consoles", "GET", "/api/stage", "", local, 200, "localhost:2"},
		{"own page", "POST", "/paths/1", `{"loss":0.5}`, map[string]string{"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}, 200, `"loss":0.5`},
		{"local program", "POST", "/paths/2", `{"cut":true,"delay_ms":7,"jitter_ms":1.5}`, local, 200, `"cut":true`},
		{"foreign page", "POST", "/paths/1", `{"cut":true}`, map[string]string{"Origin": "http://evil.example"}, 403, "evil.example"},
		{"page of no origin", "POST", "/paths/1", `{"cut":true}`, map[string]string{"Origin": "null"}, 403, "null"},
		{"another port", "POST", "/paths/1", `{"cut":true}`, map[string]string{"Origin": "http://localhost:1"}, 403, "localhost:1"},
		{"foreign fetch", "GET", "/api/stage", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "cross-site"},
		{"foreign name", "GET", "/", "", map[string]string{"Host": "evil.example:8000"}, 421, "evil.example"},
		{"no such path", "POST", "/paths/3", `{}`, local, 404, `"3\"`},
		{"unknown key", "POST", "/paths/1", `{"speed":1}`, local, 400, "speed"},
		{"not a number", "POST", "/paths/1", `{"loss":"much"}`, local, 400, "loss"},
		{"too much", "POST", "/paths/1", `{"loss":1.5}`, local, 400, "1.5"},
		{"too long", "POST", "/paths/1", strings.Repeat(" ", 5000) + `{}`, local, 400, "large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Host = "localhost:8000"
			for k, v := range c.header {
				if k == "Host" {
					r.Host = v
				}
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("status %d, want %d with %q; body %.200s", w.Code, c.status, c.says, w.Body)
			}
		})
	}
	one, two := s.wires[0].Settings(impair.AtoB), s.wires[1].Settings(impair.BtoA)
	if one.Cut || one.Loss != 0.5 || !two.Cut || two.Delay != 7*time.Millisecond || two.Jitter != 1500*time.Microsecond {
		t.Errorf("path 1 is %+v, path 2 %+v: want what the own page and the local program set, and no more", one, two)
	}
}

// TestStageFlow: the stream tells of every path, again and again.
func TestStageFlow(t *testing.T) {
	s := testStage(t)
	server := httptest.NewServer(http.HandlerFunc(s.flow))
	defer server.Close()
	reply, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	seen := make(map[int]int)
	for text := make([]byte, 4096); seen[1] < 2 || seen[2] < 2; {
		n, err := reply.Body.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range strings.Split(strings.TrimSpace(string(text[:n])), "\n\n") {
			var f flow
			if err := json.Unmarshal([]byte(strings.TrimPrefix(event, "data: ")), &f); err != nil {
				t.Fatalf("%v in %q", err, event)
			}
			seen[f.Path]++
		}
	}
}
