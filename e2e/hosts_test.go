package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A host is a machine of its own as far as the network and the folders of
// docs/install.md go: a network namespace, and private folders where that text puts
// the program and the station.
type host struct {
	t     *testing.T
	name  string // of the network namespace
	work  string // the folder in which its person sits
	shell *shell
}

// private are the folders of docs/install.md that each host has for itself.
var private = []string{"/usr/local/bin", "/var/lib"}

func startHost(t *testing.T, name string) *host {
	t.Helper()
	h := &host{t: t, name: name, work: t.TempDir()}
	mounts := ""
	for _, folder := range private {
		mounts += "mount -t tmpfs none " + folder + " && "
	}
	h.shell = startShell(t, h.work, ipProgram(), "netns", "exec", name, "unshare", "--mount", "--propagation", "private",
		"bash", "-c", mounts+"exec bash --norc")
	return h
}

// run carries out commands as a person would type them, and returns what they print.
// The folder of the project, in which the text begins, is where the program is built.
func (h *host) run(commands string) string {
	h.t.Helper()
	out, err := h.shell.run(commands)
	if err != nil {
		h.t.Fatalf("%s: %s\n%s%v", h.name, commands, out, err)
	}
	return out
}

// background opens a second terminal on the host and leaves commands running in it.
func (h *host) background(commands string) *shell {
	h.t.Helper()
	second := startShell(h.t, h.work, "nsenter", "--target", fmt.Sprint(h.shell.cmd.Process.Pid), "--mount", "--net",
		"--wd="+h.work, "bash", "--norc")
	if _, err := io.WriteString(second.in, commands+"\n"); err != nil {
		h.t.Fatal(err)
	}
	return second
}

// A shell is a terminal that stays open.
type shell struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startShell(t *testing.T, folder string, command ...string) *shell {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PATH="+goFolder(t)+":"+os.Getenv("PATH")+":/usr/sbin:/sbin")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &shell{cmd, in, bufio.NewReader(out)}
	t.Cleanup(s.stop)
	return s
}

// goFolder is where the go command itself stands: /usr/local/bin, in which there may be
// a link to it, is private to each host.
func goFolder(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "bin")
}

func (s *shell) stop() {
	_ = s.in.Close()
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM)
	hung := time.AfterFunc(10*time.Second, func() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) })
	defer hung.Stop()
	_ = s.cmd.Wait()
}

// run types commands and reads what they print, up to a line of our own.
func (s *shell) run(commands string) (string, error) {
	const end = "-- end of command: "
	if _, err := fmt.Fprintf(s.in, "%s\necho '%s'$?\n", commands, end); err != nil {
		return "", err
	}
	var out strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			return out.String(), err
		}
		if code, ok := strings.CutPrefix(line, end); ok {
			if code != "0\n" {
				return out.String(), errors.New("exit status " + strings.TrimSpace(code))
			}
			return out.String(), nil
		}
		out.WriteString(line)
	}
}

// network lays the wires of docs/install.md: a fibre with a NAT before South, a
// satellite link without; North's host and South's each behind a firewall that lets
// nothing in that was not asked for.
func network(t *testing.T) {
	t.Helper()
	down := func() {
		for _, ns := range []string{"rd-north", "rd-south", "rd-router"} {
			_ = exec.Command(ipProgram(), "netns", "del", ns).Run()
		}
	}
	down() // what an interrupted run left
	t.Cleanup(down)
	setUp := exec.Command("bash", "-euo", "pipefail", "-c", `
		export PATH="$PATH:/usr/sbin:/sbin"
		for ns in rd-north rd-south rd-router; do ip netns add $ns; ip -n $ns link set lo up; done
		wire() { # namespace device address, namespace device address
			ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
			ip -n "$1" addr add "$3" dev "$2"; ip -n "$1" link set "$2" up
			ip -n "$4" addr add "$6" dev "$5"; ip -n "$4" link set "$5" up
		}
		wire rd-north fibre 192.0.2.10/24 rd-router north 192.0.2.1/24
		wire rd-south fibre 192.168.77.2/24 rd-router south 192.168.77.1/24
		wire rd-north satellite 198.51.100.10/24 rd-south satellite 198.51.100.20/24
		ip -n rd-south route add default via 192.168.77.1
		ip netns exec rd-router sysctl -qw net.ipv4.ip_forward=1
		ip netns exec rd-south sysctl -qw net.ipv4.conf.all.promote_secondaries=1 # a second address outlives the first
		ip netns exec rd-router nft -f - <<-'NFT'
			table ip nat {
				chain out { type nat hook postrouting priority 100; oifname "north" masquerade; }
			}
			table ip wall {
				chain through { type filter hook forward priority 0; policy drop; iifname "south" accept; ct state established,related accept; }
			}
		NFT
		for ns in rd-north rd-south; do
			ip netns exec $ns nft -f - <<-'NFT'
				table inet filter {
					chain input { type filter hook input priority 0; policy drop; iif lo accept; ct state established,related accept; meta l4proto { icmp, icmpv6 } accept; }
				}
			NFT
		done`)
	if out, err := setUp.CombinedOutput(); err != nil {
		t.Fatalf("laying the wires needs root, iproute2 and nftables: %v\n%s", err, out)
	}
}

// A step is one block of commands of the text, and who is to type it.
type step struct {
	who      string // "north", "south" or "both"
	commands string
}

var block = regexp.MustCompile("(?ms)^```sh (north|south|both)\n(.*?)^```$")

// installSteps reads the steps of docs/install.md.
func installSteps(t *testing.T) []step {
	t.Helper()
	text, err := os.ReadFile("../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	for _, m := range block.FindAllSubmatch(text, -1) {
		steps = append(steps, step{string(m[1]), strings.TrimSpace(string(m[2]))})
	}
	if len(steps) < 8 {
		t.Fatalf("docs/install.md has %d steps, wanted at least 8", len(steps))
	}
	return steps
}

// carry brings the files that one side made for the other, as the text asks.
func carry(t *testing.T, from, to *host, pattern string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from.work, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		there := filepath.Join(to.work, filepath.Base(name))
		if old, err := os.ReadFile(there); err == nil && bytes.Equal(old, b) {
			continue
		}
		if err := os.WriteFile(there, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
