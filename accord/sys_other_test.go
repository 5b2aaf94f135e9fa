//go:build !unix

package accord

func worstUmask() {}
