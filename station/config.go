package station

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
)

// Config is station.toml: what this side alone decides. What both sides must
// agree on stands in the accord. Every field has a default; an unknown key is an error.
type Config struct {
	Console ConsoleConfig `toml:"console"`
	Line    SocketConfig  `toml:"line"`
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

	// Voice is the UDP address of the browsers' voice. Default: any free port on the host of Listen.
	Voice string `toml:"voice"`

	// Most is how many consoles may be attached. Default 200, from 1 to 1000.
	Most int `toml:"most"`
}

// SocketConfig says where the lines' datagrams leave from.
type SocketConfig struct {
	// Bind maps an address that an accord gives for this station to the local address that stands
	// behind it (a NAT's inside). Default: the accord's address itself if this machine has it, else
	// every address, at the same port.
	Bind map[string]string `toml:"bind"`
}

// ConfigFile is the name of the configuration within a station's folder.
const ConfigFile = "station.toml"

// DefaultConfig is what init writes: every setting, commented, at its default.
const DefaultConfig = `# How this station runs. Lines that start with # show the defaults.
# What both sides must agree on (paths, profile, rules) stands in the accord, not here.
# After a change: stop the station (Ctrl-C or systemctl stop) and start it again.

[console]
# Where people open the page. Plain HTTP is served on this machine only;
# for other machines give a certificate and its key as well.
# listen = "localhost:8440"

# Further host names under which the page may be opened.
# names = ["hotline.example.org"]

# TLS: PEM files. Needed when listen is not this machine alone.
# certificate = "/etc/ringdown/console.crt"
# key = "/etc/ringdown/console.key"

# The UDP address of the browsers' voice. Port 0 is any free port.
# voice = "localhost:0"

# How many consoles may be attached at once (1 to 1000).
# most = 200

[line.bind]
# Where this machine stands behind an address of the accord, when it is not the
# address itself: behind a NAT, say. One line for each such address.
# "203.0.113.5:4400" = "192.168.1.5:4400"
`

// LoadConfig reads DIR/station.toml. A missing file means all defaults.
func LoadConfig(dir string) (Config, error) {
	cfg := Config{Console: ConsoleConfig{Listen: "localhost:8440", Most: 200}}
	name := filepath.Join(dir, ConfigFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return cfg, nil
	} else if err != nil {
		return cfg, fmt.Errorf("station: reading the configuration: %w", err)
	}
	md, err := toml.NewDecoder(bytes.NewReader(text)).Decode(&cfg)
	if err != nil {
		return cfg, fmt.Errorf("station: %s: %w", name, err)
	}
	if unknown := md.Undecoded(); len(unknown) > 0 {
		return cfg, fmt.Errorf("station: %s: unknown key %q; the known ones stand in the file that ringdown init writes", name, unknown[0].String())
	}
	if err := cfg.check(); err != nil {
		return cfg, fmt.Errorf("station: %s: %w", name, err)
	}
	return cfg, nil
}

// check refuses a doubtful start.
func (c Config) check() error {
	host, _, err := net.SplitHostPort(c.Console.Listen)
	if err != nil {
		return fmt.Errorf("console.listen is %q, want host:port", c.Console.Listen)
	}
	if (c.Console.Certificate == "") != (c.Console.Key == "") {
		return errors.New("console.certificate and console.key go together: found one of them")
	}
	if c.Console.Certificate == "" && !isLoopback(host) {
		return fmt.Errorf("console.listen is %q, which other machines reach: want console.certificate and console.key, or localhost", c.Console.Listen)
	}
	if c.Console.Most < 1 || c.Console.Most > 1000 {
		return fmt.Errorf("console.most is %d, want 1 to 1000", c.Console.Most)
	}
	for outside, inside := range c.Line.Bind {
		if _, _, err := net.SplitHostPort(outside); err != nil {
			return fmt.Errorf("line.bind has %q, want the address host:port as the accord gives it", outside)
		}
		if _, err := netip.ParseAddrPort(inside); err != nil {
			return fmt.Errorf("line.bind of %q is %q, want a local address:port", outside, inside)
		}
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
