# shellcheck shell=bash
# What the test runners share.

# counts LOG: "passed failed" as the suite told in its own last words; nothing if it told none.
counts() {
  local plain catch
  plain=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1)
  if [[ $plain ]]; then
    sed -E 's/ passed, ([0-9]+) failed/ \1/' <<<"$plain"
    return
  fi
  catch=$(grep -aE '^All tests passed \(' "$1" | tail -n 1)
  if [[ $catch ]]; then
    sed -E 's/.* in ([0-9]+) test cases?\).*/\1 0/' <<<"$catch"
    return
  fi
  catch=$(grep -aE '^test cases: ' "$1" | tail -n 1)
  if [[ $catch ]]; then
    local all bad
    all=$(sed -E 's/^test cases: *([0-9]+).*/\1/' <<<"$catch")
    bad=$(sed -nE 's/.*\| *([0-9]+) failed.*/\1/p' <<<"$catch")
    echo "$((all - ${bad:-0})) ${bad:-0}"
  fi
}

# How far ninja is, for run_long.
steps_built() { tail -n 1 "$1" | sed -n 's/^\[\([0-9]*\)\/\([0-9]*\)\].*/step \1 of \2/p'; }
