package station

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"ringdown/accord"
	"ringdown/replica"
)

// Config is station.toml: what this side alone decides. What both sides must
// agree on stands in the accord. Every field has a default; an unknown key is an error.
type Config struct {
	Console ConsoleConfig `toml:"console"`
	Line    LineConfig    `toml:"line"`

	// Webhooks are told what happens: lamps, horns, pagers. Default none, at most 16.
	Webhooks []WebhookConfig `toml:"webhook"`
}

// ConsoleConfig says how people reach their own station.
type ConsoleConfig struct {
	// Listen is the address of the page. Plain HTTP is served on loopback only.
	// Default "localhost:8440".
	Listen string `toml:"listen"`

	// Names are the host names under which the page may be opened, besides localhost.
	// Default none.
	Names []string `toml:"names"`

	// Certificate and Key are PEM files for TLS, needed when Listen is not on loopback.
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`

	// Voice is the UDP address of the browsers' voice, host:port; port 0 is any free one.
	// Default: a free port on the host of Listen. For localhost that is every address of
	// this machine, closed to others, because browsers do not send voice to loopback.
	Voice string `toml:"voice"`

	// Most is how many consoles may be attached. Default 200, from 1 to 1000.
	Most int `toml:"most"`
}

// LineConfig says where the lines' datagrams leave from, and what the other sides may take here.
type LineConfig struct {
	// Bind maps an address that an accord gives for this station to the local address that stands
	// behind it (a NAT's inside). Default: the accord's address itself if this machine has it, else
	// every address, at the same port.
	Bind map[string]string `toml:"bind"`

	// Quota is how many MiB of this disk the other side of a line may fill, by the line's name: half
	// of it with entries, two fifths with files; a tenth is kept for calls. Default 1024, from 16 to 1048576.
	Quota map[string]int64 `toml:"quota"`
}

// What one line's quota may be, in MiB.
const (
	leastQuota = 16
	mostQuota  = 1 << 20
)

// quotaOf is what the other side of a line may fill, in bytes.
func (c LineConfig) quotaOf(slug string) int64 {
	if mib, ok := c.Quota[slug]; ok {
		return mib << 20
	}
	return replica.DefaultQuota
}

// ConfigFile is the name of the configuration within a station's folder.
const ConfigFile = "station.toml"

// DefaultConfig is what init writes: every setting, commented, at its default.
const DefaultConfig = `# How this station runs. Settings that start with # are not set: they show the default or an example.
# What both sides must agree on (paths, profile, rules) stands in the accord, not here.
# After a change: stop the station (Ctrl-C or systemctl stop) and start it again.

[console]
# Where people open the page. Plain HTTP is served on this machine only;
# for other machines give a certificate and its key as well. Default:
# listen = "localhost:8440"

# Further host names under which the page may be opened. Default none; for example:
# names = ["hotline.example.org"]

# TLS, for browsers on other machines: PEM files, with their full path or within
# this folder. Default none; for example:
# certificate = "console.crt"
# key = "console.key"

# The UDP address of the browsers' voice. Default: any free port where the page is.
# Set it where a firewall must know the port; for example:
# voice = "192.0.2.10:8441"

# How many consoles may be attached at once, 1 to 1000. Default:
# most = 200

[line.bind]
# Where this machine stands behind an address of the accord, when it is not the
# address itself: behind a NAT, say. One line for each such address; for example:
# "203.0.113.5:4400" = "192.168.1.5:4400"

[line.quota]
# How many MiB of this disk the other side of a line may fill, 16 to 1048576: half of it with what it writes,
# two fifths with files; a tenth is kept for calls. A notice comes when a tenth of a part is left. A line that
# is not named here has 1024. One line for each, by its name; for example:
# south = 4096

# What is told over HTTP when something happens: a lamp, a horn, a pager. One such section for each; every
# request is signed with the secret (16 to 200 characters), in the header Ringdown-Signature. Without events it is told
# of all: ring, answered, missed, ended, line-down, line-open, test-due, test-missed, suspended, restored,
# watch-gap, watch-silent. Try one with "ringdown webhook test". Default none; for example:
# [[webhook]]
# name = "horn"
# url = "http://192.0.2.7/ringdown"
# secret = "put sixteen or more characters here"
# events = ["ring", "answered", "missed", "ended"]
`

// A ConfigError says what is wrong with a station's configuration.
type ConfigError struct {
	File string
	Text string // the key, what was found, what is wanted
}

func (e *ConfigError) Error() string { return "station: " + e.File + ": " + e.Text }

// Hint says what a person can do.
func (e *ConfigError) Hint() string {
	return "correct " + e.File + "; each setting is explained in the one that \"ringdown init\" writes"
}

// defaults are the settings of an empty file.
func defaults() Config {
	return Config{Console: ConsoleConfig{Listen: "localhost:8440", Most: 200}}
}

// LoadConfig reads DIR/station.toml. A missing file means all defaults. Relative
// names of files are taken from DIR. The error is a [*ConfigError] if the file can be read.
func LoadConfig(dir string) (Config, error) {
	name := filepath.Join(dir, ConfigFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return defaults(), nil
	} else if err != nil {
		return Config{}, fmt.Errorf("station: reading the configuration: %w", err)
	}
	cfg, err := parseConfig(text)
	if err != nil {
		return Config{}, &ConfigError{name, err.Error()}
	}
	for _, file := range []*string{&cfg.Console.Certificate, &cfg.Console.Key} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(dir, *file)
		}
	}
	return cfg, nil
}

// parseConfig reads a configuration and refuses what is unknown or doubtful.
func parseConfig(text []byte) (Config, error) {
	cfg := defaults()
	md, err := toml.NewDecoder(bytes.NewReader(text)).Decode(&cfg)
	if err != nil {
		return cfg, errors.New(strings.TrimPrefix(err.Error(), "toml: "))
	}
	if unknown := md.Undecoded(); len(unknown) > 0 {
		return cfg, fmt.Errorf("unknown key %s, want one of: %s", unknown[0], strings.Join(configKeys, ", "))
	}
	for _, name := range []string{"bind", "quota"} { // of which the decoder takes no notice
		if kind := md.Type("line", name); kind != "" && kind != "Hash" {
			return cfg, fmt.Errorf("line.%s is a value, want a section: [line.%s]", name, name)
		}
	}
	return cfg, cfg.check()
}

var configKeys = []string{"console.listen", "console.names", "console.certificate", "console.key", "console.voice", "console.most", "line.bind", "line.quota",
	"webhook.name", "webhook.url", "webhook.secret", "webhook.events"}

// check refuses a doubtful start.
func (c Config) check() error {
	if err := c.Console.check(); err != nil {
		return err
	}
	if err := c.Line.check(); err != nil {
		return err
	}
	return checkWebhooks(c.Webhooks)
}

func (c LineConfig) check() error {
	for _, outside := range slices.Sorted(maps.Keys(c.Bind)) {
		if _, err := accord.ParseAddress(outside); err != nil {
			wanted := "host:port"
			if r, ok := errors.AsType[*accord.Refusal](err); ok {
				wanted = r.Wanted
			}
			return fmt.Errorf("line.bind has %q, want an address as accords write it: %s", outside, wanted)
		}
		if inside := c.Bind[outside]; !isAddrPort(inside) {
			return fmt.Errorf("line.bind of %q is %q, want an address of this machine and a port, such as 192.168.1.5:4400", outside, inside)
		}
	}
	for _, slug := range slices.Sorted(maps.Keys(c.Quota)) {
		if mib := c.Quota[slug]; mib < leastQuota || mib > mostQuota {
			return fmt.Errorf("line.quota of %q is %d MiB, want %d to %d", slug, mib, leastQuota, mostQuota)
		}
	}
	return nil
}

func (c ConsoleConfig) check() error {
	host, ok := splitHostPort(c.Listen)
	if !ok {
		return fmt.Errorf("console.listen is %q, want host:port, such as localhost:8440", c.Listen)
	}
	if (c.Certificate == "") != (c.Key == "") {
		return fmt.Errorf("console.certificate is %q and console.key is %q, want both or neither", c.Certificate, c.Key)
	}
	if c.Certificate == "" && !isLoopback(host) {
		return fmt.Errorf("console.listen is %q, which other machines reach: want console.certificate and console.key, or localhost", c.Listen)
	}
	for _, name := range c.Names {
		if !namePattern.MatchString(name) {
			return fmt.Errorf("console.names has %q, want a host name, such as hotline.example.org", name)
		}
	}
	if _, ok := splitHostPort(c.Voice); c.Voice != "" && !ok {
		return fmt.Errorf("console.voice is %q, want host:port, such as 192.0.2.10:8441", c.Voice)
	}
	if c.Most < 1 || c.Most > 1000 {
		return fmt.Errorf("console.most is %d, want 1 to 1000", c.Most)
	}
	return nil
}

// namePattern is a host name, perhaps with a port.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$`)

// splitHostPort takes host:port apart, the port a number.
func splitHostPort(s string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return host, err == nil
}

func isAddrPort(s string) bool {
	a, err := netip.ParseAddrPort(s)
	return err == nil && a.IsValid()
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
