# shellcheck shell=bash
# What deploy/local's commands share. A server is a data folder: its configuration, its log, and `pid`, which holds the
# process id and the time the process started. A pid counts as ours only if /proc shows that start time and our
# configuration file in its command line, so that a pid the system has given to somebody else is never waited for,
# reported or ended.
#
# Exit codes: 0 done, 1 refused or failed, 2 wrong use.

# shellcheck disable=SC2034  # used by the scripts that source this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=$(basename "$0")

say() { printf '%s: %s\n' "$program" "$*"; }

fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

wrong_use() {
  printf '%s: %s (see --help)\n' "$program" "$*" >&2
  exit 2
}

# need_command COMMAND...
need_command() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || fail "$command is missing: run deploy/local/dependencies"
  done
}

check_port() {
  if [[ ! $2 =~ ^[1-9][0-9]{0,4}$ ]] || (($2 > 65535)); then
    wrong_use "$1 takes a port, 1 to 65535, not '$2'"
  fi
}

# absolute_path PATH: the folder need not exist yet.
absolute_path() { realpath -m -- "$1"; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port: one that nobody listens on now, below the range that outgoing connections take theirs from.
free_port() {
  local port attempt
  for attempt in {1..50}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    port_taken "$port" || { echo "$port"; return; }
  done
  fail "no free port found in 20000 to 31999 after $attempt attempts"
}

# run_long WHAT PROGRESS COMMAND...: its output goes to a file, and every 10 s a line says how far it is, by the
# function PROGRESS, which is given that file. A failure shows the end of the output and ends this script.
run_long() {
  local what=$1 progress=$2 begin=$SECONDS told=10 output far
  shift 2
  output=$(mktemp)
  "$@" </dev/null >"$output" 2>&1 &
  long_pid=$!
  while kill -0 "$long_pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - begin >= told)); then
      told=$((SECONDS - begin + 10))
      far=$("$progress" "$output")
      say "$what ($((SECONDS - begin)) s${far:+, $far})"
    fi
  done
  wait "$long_pid" || {
    tail -n 15 "$output" | sed 's/^/  | /' >&2
    rm -f "$output"
    fail "failed: $what"
  }
  long_pid=""
  rm -f "$output"
}

no_progress() { :; }

# await_long: for an exit trap. A command in the background of a script doesn't hear Ctrl-C.
await_long() {
  if [[ -n ${long_pid:-} ]] && kill -0 "$long_pid" 2>/dev/null; then
    say "waiting for the running step to end"
    wait "$long_pid" || true
  fi
}

# --- a server's process ----------------------------------------------------------------

# lock_data DIR: one start, stop or kill at a time for a data folder. Descriptor 9 holds the lock until this script
# ends.
lock_data() {
  mkdir -p "$1"
  exec 9>"$1/lock"
  flock -w 120 9 || fail "another $program command has been at work on $1 for two minutes"
}

# start_time PID: clock ticks from the machine's start to the process's; empty if it has ended. A zombie has ended once
# its last thread has: until then it may still hold its port.
start_time() {
  local stat threads
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra stat <<<"${stat##*) }"
  threads=("/proc/$1/task/"*)
  if [[ ${stat[0]} != [ZX] || ${#threads[@]} -gt 1 ]]; then
    echo "${stat[19]}"
  fi
}

# running_pid DIR CONFIGURATION_FILE: the pid of the server that was started on DIR, or nothing.
running_pid() {
  local pid started
  read -r pid started 2>/dev/null <"$1/pid" || return 0
  [[ $pid =~ ^[0-9]+$ && $started =~ ^[0-9]+$ && $(start_time "$pid") == "$started" ]] || return 0
  # By whole arguments: a path that merely begins like ours is another's.
  if grep -qzxF -- "$2" "/proc/$pid/cmdline" 2>/dev/null; then
    echo "$pid"
  fi
}

# launch DIR COMMAND...: in a session of its own, detached, output appended to DIR/log. Sets launched_pid.
launch() {
  local data=$1
  shift
  setsid "$@" </dev/null >>"$data/log" 2>&1 9>&- &
  launched_pid=$!
  disown "$launched_pid"
  printf '%s %s\n' "$launched_pid" "$(start_time "$launched_pid")" >"$data/pid.new"
  mv "$data/pid.new" "$data/pid"
}

# await_ready SECONDS DIR PID COMMAND...: until the command succeeds. Ends the process and this script if it doesn't in
# time, or if the process ends.
await_ready() {
  local limit=$1 data=$2 pid=$3 begin=$SECONDS told=0
  shift 3
  until "$@"; do
    if [[ -z $(start_time "$pid") ]]; then
      rm -f "$data/pid"
      show_log "$data"
      fail "it ended while starting; its log is $data/log"
    fi
    if ((SECONDS - begin >= limit)); then
      kill -KILL "$pid" 2>/dev/null || true
      rm -f "$data/pid"
      show_log "$data"
      fail "it did not serve within $limit s and was ended; its log is $data/log"
    fi
    if ((SECONDS - begin >= told + 5)); then
      told=$((SECONDS - begin))
      say "still starting ($told s of at most $limit)"
    fi
    sleep 0.1
  done
}

show_log() { tail -n 15 "$1/log" 2>/dev/null | sed 's/^/  | /' >&2 || true; }

# await_end PID SECONDS
await_end() {
  local deadline=$((SECONDS + $2))
  while [[ -n $(start_time "$1") ]]; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# end_server DIR CONFIGURATION_FILE SIGNAL SECONDS: nothing to end is not a failure.
end_server() {
  if [[ ! -d $1 ]]; then
    say "not running on $1"
    return
  fi
  lock_data "$1"
  end_locked "$@"
}

# end_locked as end_server, for who holds the lock.
end_locked() {
  local pid
  pid=$(running_pid "$1" "$2")
  if [[ -z $pid ]]; then
    rm -f "$1/pid"
    say "not running on $1"
    return
  fi
  kill "-$3" "$pid" 2>/dev/null || true
  await_end "$pid" "$4" || fail "pid $pid has not ended within $4 s of SIG$3; '$program kill --data $1' ends it at once"
  rm -f "$1/pid"
  if [[ $3 == KILL ]]; then say "killed, pid $pid, data $1"; else say "stopped, pid $pid, data $1"; fi
}
