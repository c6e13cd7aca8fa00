// SPDX-License-Identifier: Apache-2.0
// Known answers of Poseidon2 over BabyBear by gnark-crypto v0.19.2, for tests/vectors/poseidon/poseidon2_gnark.json, and
// the speed of its permutations: `go run .` prints the answers, `go run . time` nanoseconds a permutation on one core.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	bn254 "github.com/consensys/gnark-crypto/ecc/bn254/fr"
	bn254poseidon2 "github.com/consensys/gnark-crypto/ecc/bn254/fr/poseidon2"
	"github.com/consensys/gnark-crypto/field/babybear"
	"github.com/consensys/gnark-crypto/field/babybear/poseidon2"
)

var state uint64

func random() uint64 {
	state += 0x9e3779b97f4a7c15
	z := (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func little(x []babybear.Element) []byte {
	var out []byte
	for i := range x {
		out = binary.LittleEndian.AppendUint32(out, uint32(x[i].Uint64()))
	}
	return out
}

func pairs(name string, rows [][2][]byte) {
	var lines []string
	for _, row := range rows {
		lines = append(lines, fmt.Sprintf("[\"%s\", \"%s\"]", hex.EncodeToString(row[0]), hex.EncodeToString(row[1])))
	}
	fmt.Printf("\"%s\": [\n%s\n],\n", name, strings.Join(lines, ",\n"))
}

func rows(t int) [][]babybear.Element {
	state = uint64(t)
	found := make([][]babybear.Element, 10)
	for r := range found {
		found[r] = make([]babybear.Element, t)
		for i := range found[r] {
			switch r {
			case 0:
			case 1:
				found[r][i].SetInt64(-1)
			default:
				found[r][i].SetUint64(random())
			}
		}
	}
	return found
}

func main() {
	if len(os.Args) > 1 {
		speed()
		return
	}
	fmt.Println("{")
	for t, partial := range map[int]int{16: 13, 24: 21} {
		hash := poseidon2.NewPermutation(t, 8, partial)
		var answers, compressed [][2][]byte
		for _, row := range rows(t) {
			in := little(row)
			var big []byte
			for i := range row {
				big = append(big, row[i].Marshal()...)
			}
			if t == 16 {
				digest, err := hash.Compress(big[:32], big[32:])
				if err != nil {
					panic(err)
				}
				var small []babybear.Element
				for i := 0; i < 32; i += 4 {
					var x babybear.Element
					x.SetBytes(digest[i : i+4])
					small = append(small, x)
				}
				compressed = append(compressed, [2][]byte{in, little(small)})
			}
			if err := hash.Permutation(row); err != nil {
				panic(err)
			}
			answers = append(answers, [2][]byte{in, little(row)})
		}
		name := fmt.Sprintf("poseidon2-babybear-t%d-gnark", t)
		pairs(name, answers)
		if t == 16 {
			pairs(name+"-compress", compressed)
		}
	}
	fmt.Println("\"\": []\n}")
}

func speed() {
	best := time.Hour
	bn := bn254poseidon2.NewPermutation(3, 8, 56)
	s := make([]bn254.Element, 3)
	for i := 0; i < 7; i++ {
		start := time.Now()
		for j := 0; j < 4000; j++ {
			_ = bn.Permutation(s)
		}
		best = min(best, time.Since(start)/4000)
	}
	fmt.Println("gnark bn254 t3:", best)
	best = time.Hour
	h := poseidon2.NewPermutation(16, 8, 13)
	x := make([]babybear.Element, 16)
	for i := 0; i < 7; i++ {
		start := time.Now()
		for j := 0; j < 20000; j++ {
			_ = h.Permutation(x)
		}
		best = min(best, time.Since(start)/20000)
	}
	fmt.Println("gnark babybear t16:", best)
}
