package accord

import (
	"os"
	"strings"
	"testing"
)

func BenchmarkParseInvite(b *testing.B) {
	file := vector(b, "north.invite")
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := ParseInvite(file); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLine reads one line from disk and checks all its signatures: what each line costs a
// station's start.
func BenchmarkLine(b *testing.B) {
	p := agreedPair(b)
	for b.Loop() {
		if _, err := p.north.Line("south"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteFile is one durable write of a line's numbers.
func BenchmarkWriteFile(b *testing.B) {
	path := b.TempDir() + "/line-numbers"
	for b.Loop() {
		if err := WriteFile(path, []byte("own 1 1\nfar 1 1\n")); err != nil {
			b.Fatal(err)
		}
	}
}

// A refused file costs little, whoever sends it.
func BenchmarkRefuse(b *testing.B) {
	file := []byte(strings.Replace(string(vector(b, "south.accept")), "sealed", "Sealed", 1))
	for b.Loop() {
		if _, err := ParseAccept(file); err == nil {
			b.Fatal("taken")
		}
	}
}

func TestMain(m *testing.M) {
	// Files are for their owner whatever the umask is: the worst one is used here.
	worstUmask()
	os.Exit(m.Run())
}
