// SPDX-License-Identifier: Apache-2.0

// Verdicts of Ed25519 in Go, one by one: a line KEY MESSAGE SIGNATURE in hex in, a line with 1 (valid) or 0 of each of the
// verifiers named in the arguments out. Without arguments: their names and versions.
package main

import (
	"bufio"
	stdlib "crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

type verifier func(key, message, signature []byte) bool

func preset(options *voi.VerifyOptions) verifier {
	return func(key, message, signature []byte) bool {
		return voi.VerifyWithOptions(key, message, signature, &voi.Options{Verify: options})
	}
}

var names = []string{"go", "voi-default", "voi-stdlib", "voi-fips", "voi-zip215"}

var verifiers = map[string]verifier{
	"go": func(key, message, signature []byte) bool {
		return len(key) == stdlib.PublicKeySize && stdlib.Verify(key, message, signature)
	},
	"voi-default": preset(voi.VerifyOptionsDefault),
	"voi-stdlib":  preset(voi.VerifyOptionsStdLib),
	"voi-fips":    preset(voi.VerifyOptionsFIPS_186_5),
	"voi-zip215":  preset(voi.VerifyOptionsZIP_215),
}

func versions() map[string]string {
	module := ""
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if strings.HasSuffix(dependency.Path, "curve25519-voi") {
			module = "curve25519-voi " + dependency.Version + ", VerifyOptions"
		}
	}
	return map[string]string{
		"go":          "crypto/ed25519 of " + runtime.Version(),
		"voi-default": module + "Default",
		"voi-stdlib":  module + "StdLib",
		"voi-fips":    module + "FIPS_186_5",
		"voi-zip215":  module + "ZIP_215",
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	wanted := os.Args[1:]
	if len(wanted) == 0 {
		for _, name := range names {
			fmt.Fprintf(out, "%s\t%s\n", name, versions()[name])
		}
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var fields [3][]byte
		for i, field := range strings.Split(lines.Text(), " ") {
			fields[i], _ = hex.DecodeString(field)
		}
		for _, name := range wanted {
			verdict := byte('0')
			if verifiers[name](fields[0], fields[1], fields[2]) {
				verdict = '1'
			}
			out.WriteByte(verdict)
		}
		out.WriteByte('\n')
	}
}
