package main

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// giveBack returns to the system what only the start needed: free heap, and the
// pages of the program, of which the kernel has mapped nearly all by then. Those that
// are used again come back from the page cache at once.
func giveBack() {
	debug.FreeOSMemory()
	program, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer func() { _ = maps.Close() }()
	var begin, end uint64 // of the part that the lines are about; 0: none of ours
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		// 00400000-01e5a000 r-xp 00000000 fe:00 123456 /usr/bin/guestright
		// Rss:                4096 kB
		// Anonymous:             0 kB
		f := strings.Fields(lines.Text())
		switch {
		case len(f) >= 6 && strings.Contains(f[0], "-"):
			begin, end = 0, 0
			if f[5] == program && (f[1] == "r-xp" || f[1] == "r--p") {
				begin, end = span(f[0])
			}
		case len(f) == 3 && f[0] == "Anonymous:" && begin != 0:
			// What a loader has written into would not come back: it is in no file.
			if f[1] == "0" {
				_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(begin), uintptr(end-begin), syscall.MADV_DONTNEED)
			}
			begin, end = 0, 0
		}
	}
}

// span reads two addresses; 0 and 0 where they cannot be read.
func span(text string) (begin, end uint64) {
	from, to, _ := strings.Cut(text, "-")
	begin, err := strconv.ParseUint(from, 16, 64)
	end, err2 := strconv.ParseUint(to, 16, 64)
	if err != nil || err2 != nil || end <= begin {
		return 0, 0
	}
	return begin, end
}
