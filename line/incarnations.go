package line

// Incarnations are the runs of the two stations on this line: ours, and theirs as their last finished handshake
// proved it; 0 before the first.
func (l *Line) Incarnations() (own, far uint64) {
	return l.cfg.Durable.Own.Incarnation, l.farIncarnation
}
