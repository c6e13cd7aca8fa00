// SPDX-License-Identifier: Apache-2.0

// Verdicts of Hyperledger Fabric's software provider, one by one: a line CURVE KEY DIGEST SIGNATURE (P-256 or P-384; x || y;
// hex) in, a line with one character out. With the argument "versions": those of Go and of Fabric's library.
//
//	u  the signature is no struct { R, S *big.Int } to Go's encoding/asn1
//	r  R or S is not above zero
//	s  S is above half the order
//	f  all this is right, and the signature is not valid
//	t  it is valid
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"fmt"
	"math/big"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/hyperledger/fabric-lib-go/bccsp"
	"github.com/hyperledger/fabric-lib-go/bccsp/sw"
	"github.com/hyperledger/fabric-lib-go/bccsp/utils"
)

const module = "github.com/hyperledger/fabric-lib-go"

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384()}

func outcome(provider bccsp.BCCSP, key *ecdsa.PublicKey, digest, signature []byte) (byte, error) {
	imported, err := provider.KeyImport(key, &bccsp.ECDSAGoPublicKeyImportOpts{Temporary: true})
	if err != nil {
		return 0, err
	}
	valid, err := provider.Verify(imported, signature, digest, nil)
	if valid && err != nil {
		return 0, fmt.Errorf("valid with an error: %w", err)
	}
	_, s, refused := utils.UnmarshalECDSASignature(signature)
	switch {
	case valid:
		return 't', nil
	case refused != nil && strings.Contains(refused.Error(), "must be larger than zero"):
		return 'r', nil
	case refused != nil:
		return 'u', nil
	}
	low, failed := utils.IsLowS(key, s)
	if failed != nil {
		return 0, failed
	}
	if !low {
		return 's', nil
	}
	return 'f', nil
}

func run() error {
	provider, err := sw.NewDefaultSecurityLevelWithKeystore(sw.NewDummyKeyStore())
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), " ")
		var octets [3][]byte
		for i := range octets {
			if octets[i], err = hex.DecodeString(fields[i+1]); err != nil {
				return err
			}
		}
		half := len(octets[0]) / 2
		key := &ecdsa.PublicKey{
			Curve: curves[fields[0]],
			X:     new(big.Int).SetBytes(octets[0][:half]),
			Y:     new(big.Int).SetBytes(octets[0][half:]),
		}
		said, err := outcome(provider, key, octets[1], octets[2])
		if err != nil {
			return err
		}
		out.Write([]byte{said, '\n'})
	}
	return lines.Err()
}

func main() {
	if len(os.Args) > 1 {
		build, _ := debug.ReadBuildInfo()
		for _, dependency := range build.Deps {
			if dependency.Path == module {
				fmt.Println(module, dependency.Version)
			}
		}
		fmt.Println(runtime.Version())
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
