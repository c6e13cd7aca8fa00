// SPDX-License-Identifier: Apache-2.0

package main

import (
	stdlib "crypto/ed25519"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// A row is key (32 bytes), signature (64) and message; a verdict is a byte, 1 or 0.
const keyAndSignature = 96

func verdict(valid bool) byte {
	if valid {
		return 1
	}
	return 0
}

// ed25519 gives the verdicts of all rows from their bytes alone: nothing is kept between passes. nil: no such work.
func (r *rows) ed25519(work string) []byte {
	verdicts := r.out[:0]
	if r.width < keyAndSignature {
		return nil
	}
	switch work {
	case "ed25519:stdlib":
		for row := r.data; len(row) > 0; row = row[r.width:] {
			valid := stdlib.Verify(row[:32], row[96:r.width], row[32:96])
			verdicts = append(verdicts, verdict(valid))
		}
	case "ed25519:voi":
		options := &voi.Options{Verify: voi.VerifyOptionsZIP_215}
		for row := r.data; len(row) > 0; row = row[r.width:] {
			valid := voi.VerifyWithOptions(row[:32], row[96:r.width], row[32:96], options)
			verdicts = append(verdicts, verdict(valid))
		}
	case "ed25519:voi-batch":
		options := &voi.Options{Verify: voi.VerifyOptionsZIP_215}
		batch := voi.NewBatchVerifierWithCapacity(r.count())
		for row := r.data; len(row) > 0; row = row[r.width:] {
			batch.AddWithOptions(row[:32], row[96:r.width], row[32:96], options)
		}
		_, valid := batch.Verify(nil)
		for _, one := range valid {
			verdicts = append(verdicts, verdict(one))
		}
	default:
		return nil
	}
	return verdicts
}
