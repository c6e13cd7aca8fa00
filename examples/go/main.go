// SPDX-License-Identifier: Apache-2.0

// Verifies a batch of Ed25519 signatures as CometBFT does (rule zip215): three by Go's own crypto/ed25519, one of them
// over another message.
//
//	PKG_CONFIG_PATH=PREFIX/lib/pkgconfig LD_LIBRARY_PATH=PREFIX/lib go run .
package main

// #cgo pkg-config: pyaccel
// #include <pyaccel.h>
import "C"

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"runtime"
	"unsafe"
)

// rows describes n rows of width bytes that lie one after the other. C reads them during the call alone.
func rows(pinner *runtime.Pinner, data []byte, width int) C.pyaccel_rows {
	pinner.Pin(&data[0])
	return C.pyaccel_rows{
		data: (*C.uint8_t)(unsafe.Pointer(&data[0])), data_size: C.uint64_t(len(data)),
		width: C.uint64_t(width), stride: C.uint64_t(width),
	}
}

func main() {
	const n = 3
	var keys, messages, signatures []byte
	for i := 0; i < n; i++ {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			panic(err)
		}
		message := []byte(fmt.Sprintf("vote %d", i))
		signatures = append(signatures, ed25519.Sign(private, message)...)
		keys = append(keys, public...)
		messages = append(messages, message...)
	}
	messages[6] = 'V' // of the second vote

	var pinner runtime.Pinner
	defer pinner.Unpin()
	keyRows := rows(&pinner, keys, ed25519.PublicKeySize)
	messageRows := rows(&pinner, messages, 6)
	signatureRows := rows(&pinner, signatures, ed25519.SignatureSize)
	options := C.pyaccel_verify_options{rule: C.PYACCEL_RULE_ZIP215}
	options.struct_size = C.size_t(unsafe.Sizeof(options))
	var verdicts [n]C.uint8_t
	status := C.pyaccel_verify_many(&verdicts[0], C.PYACCEL_SCHEME_ED25519, &keyRows, &messageRows, &signatureRows,
		n, &options)
	if status != C.PYACCEL_OK {
		fmt.Fprintln(os.Stderr, C.GoString(C.pyaccel_status_text(status)))
		os.Exit(1)
	}
	fmt.Println("verdicts:", verdicts)
}
