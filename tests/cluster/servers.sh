# shellcheck shell=bash
# For tests/cluster/live: a real control plane and kwok, which stands in for the nodes, built from their Go modules into
# a folder. Versions are pinned, Go's checksum database vouches for what comes; this file is kept beside them once all
# is in place, so that a changed one builds anew.

kubernetes=1.37.2
etcd=3.7.3
kwok=0.7.0
control_plane=(kube-apiserver kube-controller-manager kube-scheduler)

# build_servers FOLDER: with .deps/go. What Go fetched and compiled on the way, 8 GB, goes at the end.
# shellcheck disable=SC2154  # root is lib.sh's
build_servers() {
  local cache=$1
  making=$cache/making
  [[ $(cat "$root/tests/cluster/servers.sh") != "$(cat "$cache/made-by" 2>/dev/null)" ]] || return 0
  say "building Kubernetes $kubernetes, etcd $etcd and kwok $kwok into $cache, once: 25 minutes of processor time"
  rm -rf "${cache:?}"/{bin,crds,made-by}
  mkdir -p "$cache/bin" "$cache/crds" "$making"
  build_etcd "$cache"
  build_kubernetes "$cache"
  build_kwok "$cache"
  rm -rf "$making"
  cp "$root/tests/cluster/servers.sh" "$cache/made-by"
}

in_go() {
  nice -n 10 env GOPATH="$making/path" GOCACHE="$making/go-cache" GOTOOLCHAIN=local CGO_ENABLED=0 \
    GOFLAGS="-modcacherw -p=2" "$root/.deps/go/bin/go" "$@"
}

# Of `go build -v`, which names each package that it compiles.
go_progress() {
  printf '%d packages compiled' "$(grep -cE '^[a-z0-9.-]+(/|$)' "$1" || true)"
}

# module NAME PACKAGE...: a module of our own which needs these packages, and so has them built.
module() {
  local name=$1
  shift
  trap await_long EXIT # of the subshell that this is called in
  mkdir -p "$making/$name"
  cd "$making/$name" || return
  {
    printf '//go:build tools\n\npackage tools\n\nimport (\n'
    printf '\t_ "%s"\n' "$@"
    printf ')\n'
  } >tools.go
}

build_etcd() (
  module etcd go.etcd.io/etcd/server/v3
  printf 'module etcd\n\ngo 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 v%s\n' "$etcd" >go.mod
  run_long "fetching etcd's modules" no_progress in_go mod tidy
  run_long "building etcd" go_progress in_go build -v -trimpath -ldflags "-s -w" -o "$1/bin/etcd" \
    go.etcd.io/etcd/server/v3
)

# Kubernetes takes its own libraries from beside itself: only the main module may say where they are instead.
build_kubernetes() (
  local binary source version=k8s.io/component-base/version flags
  module kubernetes "${control_plane[@]/#/k8s.io/kubernetes/cmd/}"
  printf 'module kubernetes\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v%s\n' "$kubernetes" >go.mod
  run_long "fetching Kubernetes" no_progress in_go mod download "k8s.io/kubernetes@v$kubernetes"
  source=$making/path/pkg/mod/k8s.io/kubernetes@v$kubernetes
  {
    printf '\nreplace (\n'
    sed -nE "s:^\t(k8s\.io/[a-z-]+) => \./staging.*:\t\1 => \1 v0.${kubernetes#1.}:p" "$source/go.mod"
    printf ')\n'
  } >>go.mod
  run_long "fetching Kubernetes' modules" no_progress in_go mod tidy
  flags="-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=37"
  flags+=" -X $version.gitTreeState=clean -X $version.gitCommit=module -X $version.buildDate=2026-01-01T00:00:00Z"
  for binary in "${control_plane[@]}"; do
    run_long "building $binary" go_progress in_go build -v -trimpath -ldflags "$flags" -o "$1/bin/$binary" \
      "k8s.io/kubernetes/cmd/$binary"
  done
)

# kwok's own kinds say what exec, logs and port-forward of a pod lead to.
build_kwok() (
  local kind
  run_long "building kwok" go_progress in_go install -v -trimpath -ldflags "-s -w" "sigs.k8s.io/kwok/cmd/kwok@v$kwok"
  mv "$making/path/bin/kwok" "$1/bin/"
  for kind in execs logs portforwards; do
    cp "$making/path/pkg/mod/sigs.k8s.io/kwok@v$kwok/kustomize/crd/bases/kwok.x-k8s.io_$kind.yaml" "$1/crds/"
  done
)
