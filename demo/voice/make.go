//go:build ignore

// Make speaks text.txt with espeak-ng, encodes it with opusenc and writes the bare
// packets to south.opus60. Run it in this folder: go run make.go
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
)

const packetSize = 60 // bytes: 24 kbit/s for 20 ms

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	wav, err := pipe(nil, "espeak-ng", "-v", "en-gb", "-s", "138", "-p", "38", "-g", "4", "-f", "text.txt", "--stdout")
	if err != nil {
		return err
	}
	ogg, err := pipe(wav, "opusenc", "--quiet", "--speech", "--hard-cbr", "--bitrate", "24", "--framesize", "20", "--downmix-mono", "-", "-")
	if err != nil {
		return err
	}
	packets, err := audioPackets(ogg)
	if err != nil {
		return err
	}
	for i, p := range packets {
		if len(p) != packetSize {
			return fmt.Errorf("packet %d has %d bytes, wanted %d", i, len(p), packetSize)
		}
	}
	fmt.Printf("%d packets, %d s\n", len(packets), len(packets)/50)
	return os.WriteFile("south.opus60", bytes.Join(packets, nil), 0o644)
}

func pipe(in []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	return cmd.Output()
}

// audioPackets takes the packets out of an Ogg file (RFC 3533), less the two
// header packets of Opus (RFC 7845).
func audioPackets(ogg []byte) ([][]byte, error) {
	var packets [][]byte
	var open []byte // a packet that continues in the next segment
	for len(ogg) > 0 {
		if len(ogg) < 27 || string(ogg[:4]) != "OggS" || len(ogg) < 27+int(ogg[26]) {
			return nil, errors.New("not an ogg page")
		}
		lacing, body := ogg[27:27+int(ogg[26])], ogg[27+int(ogg[26]):]
		for _, n := range lacing {
			open, body = append(open, body[:n]...), body[n:]
			if n < 255 {
				packets, open = append(packets, open), nil
			}
		}
		ogg = body
	}
	if len(packets) < 3 || binary.LittleEndian.Uint32(packets[0][12:]) == 0 {
		return nil, errors.New("no opus stream")
	}
	return packets[2:], nil
}
