package accord

// Word is the word that stands for n, 0 to 2,047, wherever people read something to each other.
func Word(n int) string { return wordList[n] }
