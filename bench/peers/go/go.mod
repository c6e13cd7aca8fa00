module pyaccel-peers

go 1.22

require (
	github.com/minio/sha256-simd v1.0.1
	github.com/oasisprotocol/curve25519-voi v0.0.0-20230904125328-1f23a7beb09a
	github.com/prysmaticlabs/gohashtree v0.0.4-beta
	golang.org/x/crypto v0.31.0
)

require (
	github.com/klauspost/cpuid/v2 v2.2.3 // indirect
	golang.org/x/sys v0.28.0 // indirect
)
