// SPDX-License-Identifier: Apache-2.0

// Hash functions and Ed25519 of well-known Go modules, timed on demand: one line of standard input, one line of answer.
//
//	load PATH WIDTH      ok N            rows of WIDTH bytes from a file
//	sum WORK             hex             SHA-256 of the outputs of all rows, one after the other
//	time WORK REPEATS    nanoseconds     of REPEATS passes over the rows
package main

import (
	"bufio"
	stdlib "crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	simd "github.com/minio/sha256-simd"
	"github.com/prysmaticlabs/gohashtree"
	"golang.org/x/crypto/sha3"
)

type rows struct {
	data  []byte
	width int
	out   []byte
}

func (r *rows) count() int { return len(r.data) / r.width }

// each hashes row after row into out, which is large enough for any digest here.
func (r *rows) each(hash func(digest, row []byte) []byte) []byte {
	digests := r.out[:0]
	for i := 0; i < len(r.data); i += r.width {
		digests = hash(digests, r.data[i:i+r.width])
	}
	return digests
}

// root over 32-byte leaves, layer by layer; their number is a power of two.
func (r *rows) root() ([]byte, error) {
	layer := r.data
	for len(layer) > 32 {
		digests := r.out[:len(layer)/2]
		if err := gohashtree.HashByteSlice(digests, layer); err != nil {
			return nil, err
		}
		layer = digests
	}
	return layer, nil
}

func (r *rows) run(work string) ([]byte, error) {
	switch work {
	case "sha256":
		return r.each(func(out, row []byte) []byte { d := stdlib.Sum256(row); return append(out, d[:]...) }), nil
	case "sha256-simd":
		return r.each(func(out, row []byte) []byte { d := simd.Sum256(row); return append(out, d[:]...) }), nil
	case "sha3-256":
		return r.each(func(out, row []byte) []byte { d := sha3.Sum256(row); return append(out, d[:]...) }), nil
	case "keccak256":
		state := sha3.NewLegacyKeccak256()
		return r.each(func(out, row []byte) []byte { state.Reset(); state.Write(row); return state.Sum(out) }), nil
	case "gohashtree":
		digests := r.out[:r.count()*32]
		return digests, gohashtree.HashByteSlice(digests, r.data)
	case "gohashtree-root":
		return r.root()
	}
	if verdicts := r.ed25519(work); verdicts != nil {
		return verdicts, nil
	}
	return nil, fmt.Errorf("no work %s", work)
}

func (r *rows) answer(words []string) (string, error) {
	switch {
	case len(words) == 3 && words[0] == "load":
		data, err := os.ReadFile(words[1])
		if err != nil {
			return "", err
		}
		width, err := strconv.Atoi(words[2])
		if err != nil || width < 1 {
			return "", fmt.Errorf("width %s", words[2])
		}
		*r = rows{data, width, make([]byte, len(data)/width*64)}
		return fmt.Sprintf("ok %d", r.count()), nil
	case len(words) == 2 && words[0] == "sum":
		digests, err := r.run(words[1])
		sum := stdlib.Sum256(digests)
		return hex.EncodeToString(sum[:]), err
	case len(words) == 3 && words[0] == "time":
		repeats, err := strconv.Atoi(words[2])
		if err != nil {
			return "", err
		}
		runtime.GC()
		start := time.Now()
		for i := 0; i < repeats; i++ {
			if _, err = r.run(words[1]); err != nil {
				return "", err
			}
		}
		return strconv.FormatInt(time.Since(start).Nanoseconds(), 10), nil
	}
	return "", fmt.Errorf("no request %s", strings.Join(words, " "))
}

func main() {
	// One core and no collector in the midst of a sample.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	var r rows
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		reply, err := r.answer(strings.Fields(lines.Text()))
		if err != nil {
			reply = "error " + err.Error()
		}
		fmt.Println(reply)
	}
}
