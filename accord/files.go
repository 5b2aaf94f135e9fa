package accord

import (
	"crypto/ed25519"
	"time"
)

// The small files of a station's own folder. Those that belong to a line or
// an invite name it, so that no file can be put in another's place.

// stationFile says whose folder it is:
//
//	name NAME
//	made TIME
type stationFile struct {
	name Name
	made time.Time
}

func (f *stationFile) kind() kind    { return kindStation }
func (f *stationFile) intro() string { return "Ringdown station \"" + string(f.name) + "\".\n" }

func (f *stationFile) write(w *writer) {
	w.line("name", string(f.name))
	w.line("made", f.made.Format(timeFormat))
}

func (f *stationFile) read(r *reader) {
	f.name = Name(r.word("name"))
	if r.err == nil {
		_, err := ParseName(string(f.name))
		r.wrap(err)
	}
	f.made = r.time("made")
}

// onceFile is the one-time private key of an open invite, as the seed from
// which X-Wing makes it. It names its invite:
//
//	invite ID
//	seed mlkem768-x25519 + 32 bytes
//
// The reader brings the id that it expects, so the file of another invite is refused.
type onceFile struct {
	id   ID
	seed Secret
}

func (f *onceFile) kind() kind { return kindOnce }

func (f *onceFile) intro() string {
	return "Ringdown one-time key of an invite. It is removed when the invite is concluded.\n" +
		"Never send it to anyone.\n"
}

func (f *onceFile) write(w *writer) {
	w.line("invite", f.id.String())
	w.line("seed", onceAlgorithm)
	b := f.seed.Bytes()
	w.block(b[:])
}

func (f *onceFile) read(r *reader) {
	r.words("invite "+f.id.String(), 0)
	r.words("seed "+onceAlgorithm, 0)
	f.seed = secretOf(r.block(SecretSize))
}

// secretFile is the pair secret of a line:
//
//	accord DIGEST
//	secret + 32 bytes
//
// The reader brings the digest: a secret put into another line's folder would
// otherwise silently cut that line.
type secretFile struct {
	accord Digest
	secret Secret
}

func (f *secretFile) kind() kind { return kindSecret }

func (f *secretFile) intro() string {
	return "Ringdown pair secret of a line. Only the two stations have it.\n" +
		"Never send it to anyone.\n"
}

func (f *secretFile) write(w *writer) {
	w.line("accord", f.accord.String())
	w.line("secret")
	b := f.secret.Bytes()
	w.block(b[:])
}

func (f *secretFile) read(r *reader) {
	r.words("accord "+f.accord.String(), 0)
	r.words("secret", 0)
	f.secret = secretOf(r.block(SecretSize))
}

// confirmedFile says that the words were compared:
//
//	accord DIGEST
//	at TIME
//
// It confirms one accord. Copied to another line it is refused, so that words
// which nobody compared never count.
type confirmedFile struct {
	accord Digest
	at     time.Time
}

func (f *confirmedFile) kind() kind { return kindConfirmed }
func (f *confirmedFile) intro() string {
	return "Ringdown: the twelve words of this line were compared.\n"
}

func (f *confirmedFile) write(w *writer) {
	w.line("accord", f.accord.String())
	w.line("at", f.at.Format(timeFormat))
}

func (f *confirmedFile) read(r *reader) {
	r.words("accord "+f.accord.String(), 0)
	f.at = r.time("at")
}

// finalFile is the first party's final signature:
//
//	accord DIGEST
//	signature + 64 bytes
//
// It is verified whenever it is read, like everything that is signed.
type finalFile struct {
	accord    Digest
	signature []byte
}

func (f *finalFile) kind() kind { return kindFinal }
func (f *finalFile) intro() string {
	return "Ringdown: the first party's final signature of this line's accord.\n"
}

func (f *finalFile) write(w *writer) {
	w.line("accord", f.accord.String())
	w.line("signature")
	w.block(f.signature)
}

func (f *finalFile) read(r *reader) {
	r.words("accord "+f.accord.String(), 0)
	r.words("signature", 0)
	f.signature = r.block(ed25519.SignatureSize)
}

// usedFile says which line came of an invite:
//
//	invite ID
//	line SLUG
//
// It stays for good, also when the line is retired: an invite makes one accord.
type usedFile struct {
	id   ID
	slug string
}

func (f *usedFile) kind() kind    { return kindUsed }
func (f *usedFile) intro() string { return "Ringdown: this invite was used and can't be used again.\n" }

func (f *usedFile) write(w *writer) {
	w.line("invite", f.id.String())
	w.line("line", f.slug)
}

func (f *usedFile) read(r *reader) {
	f.id = ID(r.hex("invite", len(ID{})))
	f.slug = r.word("line")
	if r.err == nil && !slugShape.MatchString(f.slug) {
		r.fail(f.slug, "the name of a line")
	}
}
