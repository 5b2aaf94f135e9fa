package message

import "slices"

// A span is a range of characters, both ends in it.
type span struct{ first, last rune }

// A set is spans in rising order.
type set []span

func (s set) has(r rune) bool {
	_, found := slices.BinarySearchFunc(s, r, func(p span, r rune) int {
		switch {
		case p.last < r:
			return -1
		case p.first > r:
			return 1
		}
		return 0
	})
	return found
}

// The tables are small on purpose, and our own: the page has the same, and neither moves
// with a new Unicode. Their text is at the head of testdata/visible.txt.
var (
	controls   = set{{0x00, 0x08}, {0x0B, 0x1F}, {0x7F, 0x9F}}
	directions = set{{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}}
	brackets   = set{{0x27E8, 0x27E9}}
	spaces     = set{{0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
		{0x205F, 0x205F}, {0x2800, 0x2800}, {0x3000, 0x3000}}
	privates   = set{{0xE000, 0xF8FF}, {0xFFFC, 0xFFFC}, {0xF0000, 0x10FFFF}}
	invisibles = set{{0xAD, 0xAD}, {0x034F, 0x034F}, {0x070F, 0x070F}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
		{0x180B, 0x180F}, {0x200B, 0x200D}, {0x2060, 0x2065}, {0x206A, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},
		{0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x13430, 0x13440}, {0x1BCA0, 0x1BCA3},
		{0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}}

	pictures = set{{0xA9, 0xA9}, {0xAE, 0xAE}, {0x203C, 0x203C}, {0x2049, 0x2049}, {0x2122, 0x2122}, {0x2139, 0x2139},
		{0x2190, 0x21FF}, {0x2300, 0x23FF}, {0x24C2, 0x24C2}, {0x25A0, 0x27BF}, {0x2900, 0x297F}, {0x2B00, 0x2BFF},
		{0x3030, 0x3030}, {0x303D, 0x303D}, {0x3297, 0x3297}, {0x3299, 0x3299}, {0x1F000, 0x1FAFF}}

	// doubles are letters and signs of mathematics, of sounds and of print.
	doubles = set{{0x0251, 0x0251}, {0x0261, 0x0261}, {0x2024, 0x2024}, {0x2044, 0x2044}, {0x2215, 0x2215}, {0x2236, 0x2236}, {0x24B6, 0x24E9},
		{0xA789, 0xA789}, {0x1D400, 0x1D7FF}}

	// fullWidth are those that belong to texts of which some character is eastern.
	fullWidth = set{{0xFF01, 0xFF5E}}
	eastern   = set{{0x3041, 0x30FF}, {0x3400, 0x9FFF}, {0xAC00, 0xD7A3}}

	// joining are the scripts in which a joiner is part of the spelling.
	joining = set{{0x0600, 0x0DFF}}

	// stacking are marks that are drawn over or under the letter before, as many as there are.
	stacking = set{{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05C7}, {0x0610, 0x061A},
		{0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06ED}, {0x0730, 0x074A}, {0x07A6, 0x07B0}, {0x07EB, 0x07F3},
		{0x0816, 0x082D}, {0x0859, 0x085B}, {0x08CA, 0x08FF}, {0x0900, 0x0902}, {0x093A, 0x093C}, {0x0941, 0x0948},
		{0x094D, 0x0957}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC},
		{0x0EC8, 0x0ECE}, {0x0F71, 0x0F84}, {0x0F8D, 0x0FBC}, {0x1AB0, 0x1AFF}, {0x1CD0, 0x1CF9}, {0x1DC0, 0x1DFF},
		{0x20D0, 0x20F0}, {0x2CEF, 0x2CF1}, {0x2DE0, 0x2DFF}, {0x3099, 0x309A}, {0xA66F, 0xA672}, {0xA674, 0xA67D},
		{0xA8E0, 0xA8F1}, {0xFE20, 0xFE2F}, {0x1D165, 0x1D169}}
)

// A script is one of the five whose letters are mistaken for each other's.
type script uint8

// In a word with as many letters of two, the first here is the word's.
const (
	latin script = iota
	cyrillic
	greek
	armenian
	cherokee
	scripts
)

var scriptNames = [scripts]string{"Latin", "Cyrillic", "Greek", "Armenian", "Cherokee"}

var letters = [scripts]set{
	latin:    {{'A', 'Z'}, {'a', 'z'}, {0xAA, 0xAA}, {0xBA, 0xBA}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x02AF}, {0x1E00, 0x1EFF}},
	cyrillic: {{0x0400, 0x0481}, {0x048A, 0x052F}},
	greek:    {{0x0370, 0x03FF}, {0x1F00, 0x1FFF}},
	armenian: {{0x0531, 0x0556}, {0x0560, 0x0588}},
	cherokee: {{0x13A0, 0x13FD}},
}

// looks gives the Latin letter that a letter of another script is mistaken for: that letter, and
// then those that look like it.
var looks = [scripts]map[rune]rune{
	cyrillic: pairs("aа", "cс", "dԁ", "eе", "hһ", "iі", "jј", "kк", "lӏ", "oо", "pр", "qԛ", "rг", "sѕ", "vѵ", "wԝ", "xх", "yуү",
		"AА", "BВ", "CС", "EЕ", "GԌ", "HН", "IІӀ", "JЈ", "KК", "MМ", "OО", "PР", "QԚ", "SЅ", "TТ", "VѴ", "WԜ", "XХ", "YУҮ"),
	greek: pairs("aα", "cϲ", "iι", "jϳ", "kκ", "nη", "oοσ", "pρ", "uυ", "vν", "wω", "xχ", "yγ",
		"AΑ", "BΒ", "CϹ", "EΕ", "HΗ", "IΙ", "JͿ", "KΚ", "MΜ", "NΝ", "OΟ", "PΡ", "TΤ", "XΧ", "YΥ", "ZΖ"),
	armenian: pairs("oօ", "uս", "hհ", "nո", "gց", "qզ", "OՕ", "UՍ", "SՏ", "LԼ"),
	cherokee: pairs("AᎪ", "BᏴ", "CᏟ", "DᎠ", "EᎬ", "GᏀ", "HᎻ", "JᎫ", "KᏦ", "LᏞ", "MᎷ", "PᏢ", "RᎡ", "SᏚ", "TᎢ", "VᏙ", "WᎳ", "YᎩ", "ZᏃ"),
}

func pairs(lists ...string) map[rune]rune {
	m := map[rune]rune{}
	for _, l := range lists {
		list := []rune(l)
		for _, r := range list[1:] {
			m[r] = list[0]
		}
	}
	return m
}

// hasLook says which looks a script has a letter of.
var hasLook = func() (have [scripts]map[rune]bool) {
	for s, m := range looks {
		have[s] = map[rune]bool{}
		for _, look := range m {
			have[s][look] = true
		}
	}
	return have
}()

// scriptOf gives the script of a letter.
func scriptOf(r rune) (script, bool) {
	for s := range scripts {
		if letters[s].has(r) {
			return s, true
		}
	}
	return 0, false
}

// mistaken reports whether a letter of script s is mistaken for one of script in.
func mistaken(r rune, s, in script) bool {
	look := r
	if s != latin {
		look = looks[s][r] // 0: it looks like none
	}
	if in == latin {
		return look != 0
	}
	return hasLook[in][look]
}
