module sendcode.io/tests/sdk

go 1.23
