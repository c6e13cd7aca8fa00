module fabric-verdicts

go 1.22

require github.com/hyperledger/fabric-lib-go v1.1.2

require (
	github.com/pkg/errors v0.9.1 // indirect
	github.com/sykesm/zap-logfmt v0.0.4 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.26.0 // indirect
	golang.org/x/crypto v0.18.0 // indirect
	golang.org/x/sys v0.17.0 // indirect
	google.golang.org/grpc v1.61.0 // indirect
)
