module pergola.test/signers

go 1.22

require github.com/aws/aws-sdk-go-v2 v1.36.3

require github.com/aws/smithy-go v1.22.2 // indirect
