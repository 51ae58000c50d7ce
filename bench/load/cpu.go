package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Busy is processor time so far, in seconds: of the machine, and of ourselves
// with the servers under test.
type Busy struct {
	At        time.Time
	All, Ours float64
}

// Now reads it.
func Now() Busy {
	b := Busy{At: time.Now(), Ours: Tree(os.Getpid())}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return b
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, f := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 8 { // cpu, idle, iowait, guests
			continue
		}
		if n, err := strconv.ParseFloat(f, 64); err == nil {
			b.All += n / 100
		}
	}
	return b
}

// foreign is how many processors others used since before, while wrk ran. The
// kernel counts time for nobody's account, too (interrupts), so a little is
// always left.
func (b Busy) foreign(before Busy, wrk *os.ProcessState) float64 {
	spent := b.At.Sub(before.At).Seconds()
	if spent <= 0 || wrk == nil {
		return 0
	}
	own := b.Ours - before.Ours + wrk.UserTime().Seconds() + wrk.SystemTime().Seconds()
	return max(0, (b.All-before.All-own)/spent)
}

// Tree is the processor time of a process and its living descendants, user and
// system, in seconds (proc(5), clock ticks of 10 ms).
func Tree(pid int) float64 {
	ticks := 0
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	if i := strings.LastIndexByte(string(stat), ')'); i > 0 {
		f := strings.Fields(string(stat[i+1:]))
		for _, at := range []int{11, 12} {
			n, err := strconv.Atoi(f[at])
			if err == nil {
				ticks += n
			}
		}
	}
	sum := float64(ticks) / 100
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return sum
	}
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, child := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				sum += Tree(n)
			}
		}
	}
	return sum
}

// Named is the processor time of every process with that command name and its
// ended children, such as a database server's, which is nobody's descendant here.
func Named(command string) float64 {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	ticks := 0
	for _, file := range all {
		stat, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(stat), "("+command+")") {
			continue
		}
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, at := range []int{11, 12} {
			if n, err := strconv.Atoi(f[at]); err == nil {
				ticks += n
			}
		}
	}
	return float64(ticks) / 100
}
