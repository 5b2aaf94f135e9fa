package station

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestDefaultConfig: what init writes says what holds without it, names every setting, and
// each of its examples is one that a station takes.
func TestDefaultConfig(t *testing.T) {
	cfg, err := parseConfig([]byte(DefaultConfig))
	if err != nil || !reflect.DeepEqual(cfg, defaults()) && len(cfg.Line.Bind)+len(cfg.Line.Quota) > 0 {
		t.Errorf("the file as written gives %+v, %v, want the defaults", cfg, err)
	}
	for _, key := range configKeys {
		section, name, _ := strings.Cut(key, ".")
		if !strings.Contains(DefaultConfig, "["+section) || !strings.Contains(DefaultConfig, name) {
			t.Errorf("%s is not in it", key)
		}
	}
	all := regexp.MustCompile(`(?m)^# (\[\[|[a-z"].* = )`).ReplaceAllString(DefaultConfig, "$1")
	cfg, err = parseConfig([]byte(all))
	if err != nil {
		t.Fatalf("with every example: %v", err)
	}
	if cfg.Console.Listen != defaults().Console.Listen || cfg.Console.Most != defaults().Console.Most {
		t.Errorf("what is shown as default is %q and %d", cfg.Console.Listen, cfg.Console.Most)
	}
	if len(cfg.Line.Bind) != 1 || len(cfg.Line.Quota) != 1 || cfg.Console.Voice == "" || len(cfg.Console.Names) != 1 || cfg.Console.Key == "" || len(cfg.Webhooks) != 1 {
		t.Errorf("an example is missing: %+v", cfg)
	}
}

// TestConfigKeys: the list of known settings is that of the struct.
func TestConfigKeys(t *testing.T) {
	var have []string
	for section := range reflect.TypeFor[Config]().Fields() {
		kind := section.Type
		if kind.Kind() == reflect.Slice {
			kind = kind.Elem()
		}
		for field := range kind.Fields() {
			have = append(have, section.Tag.Get("toml")+"."+field.Tag.Get("toml"))
		}
	}
	if !reflect.DeepEqual(have, configKeys) {
		t.Errorf("the struct has %q, the list %q", have, configKeys)
	}
}

func TestConfigTaken(t *testing.T) {
	for _, text := range []string{
		"",
		"[console]\nlisten = \"localhost:0\"",
		"[console]\nlisten = \"127.0.0.1:8440\"",
		"[console]\nlisten = \"[::1]:8440\"",
		"[console]\nlisten = \"LocalHost:8440\"",
		"[console]\nlisten = \"0.0.0.0:443\"\ncertificate = \"/etc/crt\"\nkey = \"/etc/key\"",
		"[console]\nlisten = \"localhost:8440\"\ncertificate = \"crt\"\nkey = \"key\"",
		"[console]\nnames = [\"hotline.example.org\", \"desk:8440\"]",
		"[console]\nvoice = \":8441\"",
		"[console]\nmost = 1000",
		"[line.bind]\n\"203.0.113.5:4400\" = \"192.168.1.5:4400\"\n\"[2001:db8::1]:4400\" = \"[fd00::1]:0\"\n\"line.example.org:4400\" = \"0.0.0.0:4400\"",
		"[line.quota]\nsouth = 16\nwest-2 = 1048576",
	} {
		if _, err := parseConfig([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[console]\nlisten", "line 2"},
		{"[console]\nlisten = 8440", "listen"},
		{"[console]\nmost = \"many\"", "most"},
		{"[console]\nlisten = \"localhost:0\"\nlisten = \"localhost:1\"", "listen"},
		{"[console]\nLISTEN2 = \"x\"", "unknown key console.LISTEN2, want one of: console.listen"},
		{"[consoles]\nlisten = \"x\"", "unknown key consoles"},
		{"most = 3", "unknown key most"},
		{"[line]\nbinds = {}", "unknown key line.binds"},
		{"[console]\nlisten = \"localhost\"", `console.listen is "localhost", want host:port`},
		{"[console]\nlisten = \"localhost:page\"", "want host:port"},
		{"[console]\nlisten = \"localhost:65536\"", "want host:port"},
		{"[console]\nlisten = \":8440\"", "which other machines reach"},
		{"[console]\nlisten = \"0.0.0.0:8440\"", "which other machines reach"},
		{"[console]\nlisten = \"[::]:8440\"", "which other machines reach"},
		{"[console]\nlisten = \"desk.example.org:8440\"", "which other machines reach"},
		{"[console]\nlisten = \"0.0.0.0:8440\"\ncertificate = \"c\"", "want both or neither"},
		{"[console]\nkey = \"k\"", "want both or neither"},
		{"[console]\nnames = [\"http://x\"]", `console.names has "http://x"`},
		{"[console]\nnames = [\"\"]", "console.names"},
		{"[console]\nnames = [\"*\"]", "console.names"},
		{"[console]\nvoice = \"8441\"", `console.voice is "8441"`},
		{"[console]\nmost = 0", "console.most is 0, want 1 to 1000"},
		{"[console]\nmost = 1001", "console.most is 1001"},
		{"[line.bind]\n\"203.0.113.5\" = \"192.168.1.5:4400\"", `line.bind has "203.0.113.5"`},
		{"[line.bind]\n\"203.0.113.5:0\" = \"192.168.1.5:4400\"", "line.bind has"},
		{"[line.bind]\n\"Line.example.org:4400\" = \"192.168.1.5:4400\"", "want an address as accords write it: a DNS name: labels of a to z"},
		{"[line.bind]\n\"203.0.113.5:4400\" = \"eth0\"", `is "eth0", want an address of this machine`},
		{"[line.bind]\n\"203.0.113.5:4400\" = \"localhost:4400\"", "want an address of this machine"},
		{"[line.quota]\nsouth = 15", `line.quota of "south" is 15 MiB, want 16 to 1048576`},
		{"[line.quota]\nsouth = 1048577", `line.quota of "south" is 1048577 MiB`},
		{"[line.quota]\nsouth = -1", `line.quota of "south" is -1 MiB`},
		{"[line.quota]\nsouth = \"1 GiB\"", "quota"},
		{"[line]\nquota = 2048", "line.quota is a value, want a section: [line.quota]"},
		{"[line]\nbind = \"192.168.1.5:4400\"", "line.bind is a value, want a section"},
	} {
		if _, err := parseConfig([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

// TestLoadConfig: a missing file is no mistake, an unreadable one is, a wrong one is named, and names
// within it are taken from its folder.
func TestLoadConfig(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, ConfigFile)
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if cfg, err := LoadConfig(dir); err != nil || !reflect.DeepEqual(cfg, defaults()) {
		t.Errorf("no file gives %+v, %v", cfg, err)
	}
	write("[console]\nmost = 0")
	_, err := LoadConfig(dir)
	if wrong := new(ConfigError); !errors.As(err, &wrong) || wrong.File != name || !strings.Contains(wrong.Hint(), name) {
		t.Errorf("a wrong file gives %v", err)
	}
	write("[console]\ncertificate = \"page.crt\"\nkey = \"/etc/page.key\"")
	cfg, err := LoadConfig(dir)
	if err != nil || cfg.Console.Certificate != filepath.Join(dir, "page.crt") || cfg.Console.Key != "/etc/page.key" {
		t.Errorf("files are looked for at %q and %q, %v", cfg.Console.Certificate, cfg.Console.Key, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadConfig(dir); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a folder in its place gives %v", err)
	}
}

// FuzzConfig: whatever the file says, what is taken would be taken again if written out.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(DefaultConfig))
	f.Add([]byte("[console]\nlisten = \"0.0.0.0:443\"\ncertificate = \"a\"\nkey = \"b\"\nnames = [\"x\"]\nvoice = \":1\"\nmost = 5"))
	f.Add([]byte(hornConfig))
	f.Add([]byte("[line.quota]\nsouth = 4096"))
	f.Add([]byte("[line.bind]\n\"203.0.113.5:4400\" = \"192.168.1.5:4400\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := parseConfig(text)
		if err != nil {
			return
		}
		if host, _ := splitHostPort(cfg.Console.Listen); cfg.Console.Certificate == "" && !isLoopback(host) {
			t.Errorf("plain HTTP on %q", cfg.Console.Listen)
		}
		var out bytes.Buffer
		if err := toml.NewEncoder(&out).Encode(cfg); err != nil {
			t.Fatal(err)
		}
		again, err := parseConfig(out.Bytes())
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.Bytes())
		}
		if len(cfg.Line.Bind)+len(again.Line.Bind) == 0 {
			cfg.Line.Bind, again.Line.Bind = nil, nil
		}
		if len(cfg.Line.Quota)+len(again.Line.Quota) == 0 {
			cfg.Line.Quota, again.Line.Quota = nil, nil
		}
		if len(cfg.Console.Names)+len(again.Console.Names) == 0 {
			cfg.Console.Names, again.Console.Names = nil, nil
		}
		if len(cfg.Webhooks)+len(again.Webhooks) == 0 {
			cfg.Webhooks, again.Webhooks = nil, nil
		}
		if !reflect.DeepEqual(cfg, again) {
			t.Errorf("%+v became %+v", cfg, again)
		}
	})
}
