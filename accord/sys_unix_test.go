//go:build unix

package accord

import "syscall"

func worstUmask() { syscall.Umask(0) }
