# shellcheck shell=bash
# Clusters and Sentinel groups of deploy/local/redis: several servers on ports in a row, each in a folder of its own
# below the group's, with a pid like a single server's. `members` in the group's folder lists them: name and port, in
# the order of their start. A group begins empty at each start.
#
# Sourced by deploy/local/redis, whose options and functions it uses.
# shellcheck disable=SC2154,SC2034

is_group() { [[ -f $group/members ]]; }

# as_member NAME PORT: what follows is about that server of the group.
as_member() {
  data=$group/$1 port=$2
  configuration=$data/redis.conf
}

# each_member COMMAND...: with the member's name behind it, spoken of as as_member does, for as long as it runs.
each_member() {
  local name at data port configuration lines line
  mapfile -t lines <"$group/members"
  for line in "${lines[@]}"; do
    read -r name at <<<"$line"
    as_member "$name" "$at"
    "$@" "$name"
  done
}

# A single server takes the folder of a group that has ended.
dissolve_group() {
  each_member member_runs
  rm -f "$group/members"
}

plan_cluster() {
  local i
  for ((i = 0; i < 3 + replicas; i++)); do echo "node-$((i + 1)) $((port + i))"; done
}

plan_sentinel() {
  local i
  echo "master $port"
  for i in 1 2; do echo "replica-$i $((port + i))"; done
  for i in 1 2 3; do echo "sentinel-$i $((port + 2 + i))"; done
}

member_runs() {
  local pid
  pid=$(running_pid "$data" "$configuration")
  [[ -z $pid ]] || fail "already running in $group: pid $pid, port $(known_port); stop it first"
}

member_port_is_free() { ! port_taken "$port" || fail "port $port is in use by another program; choose others with --port"; }

# What members have beyond a single server: how they know each other.
write_member() {
  local password_lines=() quoted=${password//\\/\\\\}
  quoted=\"${quoted//\"/\\\"}\"
  mkdir -p "$data"
  [[ $1 == sentinel-* ]] || write_configuration
  if [[ -n $password ]]; then password_lines=("masterauth $quoted" "masteruser ${user:-default}"); fi
  case $1 in
    node-*)
      rm -f "$data/nodes.conf"
      printf '%s\n' "cluster-enabled yes" "cluster-port $((port + 3 + replicas))" "cluster-node-timeout 1000" \
        "${password_lines[@]}" >>"$configuration"
      ! $tls || echo "tls-cluster yes" >>"$configuration"
      ;;
    replica-*) printf '%s\n' "replicaof 127.0.0.1 $master_port" "${password_lines[@]}" >>"$configuration" ;;
    master) printf '%s\n' "${password_lines[@]}" >>"$configuration" ;;
    sentinel-*) write_sentinel ;;
  esac
  ! $tls || echo "tls-replication yes" >>"$configuration"
  # A replica is not made to wait for others that might come.
  echo "repl-diskless-sync-delay 0" >>"$configuration"
}

# Sentinels take anybody in: they hold no keys, and sendcode tells them no password that they do not ask for.
write_sentinel() {
  {
    printf '%s\n' "# Written by deploy/local/redis at each start, and then by the sentinel itself." \
      "bind 127.0.0.1" "protected-mode yes" "dir \"$data\"" "daemonize no" "set-proc-title no"
    port_lines
    printf '%s\n' "sentinel monitor main 127.0.0.1 $master_port 2" "sentinel down-after-milliseconds main 1000" \
      "sentinel failover-timeout main 5000"
    if [[ -n $password ]]; then
      printf '%s\n' "sentinel auth-user main ${user:-default}" "sentinel auth-pass main $quoted"
    fi
  } >"$configuration"
}

launch_member() {
  if [[ $1 == sentinel-* ]]; then
    launch "$data" redis-server "$configuration" --sentinel
    await_ready 30 "$data" "$launched_pid" sentinel_answers
  else
    launch "$data" redis-server "$configuration"
    await_ready 30 "$data" "$launched_pid" answers_ping
  fi
}

# Without the user, whom sentinels do not know.
sentinel_answers() { user="" password="" answers_ping; }
replicas_follow() { [[ $(client info replication) =~ connected_slaves:2 ]]; }
sentinels_know() { [[ $(user="" password="" client sentinel ckquorum main) == OK\ 3\ usable* ]]; }
cluster_is_whole() { [[ $(client cluster info) == *cluster_state:ok* ]]; }

form_cluster() {
  local nodes client_time=60
  mapfile -t nodes < <(sed 's/.* /127.0.0.1:/' "$group/members")
  as_member node-1 "$port"
  client --cluster create "${nodes[@]}" --cluster-replicas $((replicas / 3)) --cluster-yes \
    >>"$group/log" || { show_log "$group"; fail "the cluster was not formed; the log is $group/log"; }
  each_member await_whole
}

form_sentinel() { each_member await_acquaintance; }
await_acquaintance() {
  case $1 in
    master) await_member replicas_follow ;;
    sentinel-*) await_member sentinels_know ;;
  esac
}

await_whole() { await_member cluster_is_whole; }

# await_member CHECK: of the server that is spoken of; a member that does not come to it ends the start.
await_member() { await_ready 60 "$data" "$(running_pid "$data" "$configuration")" "$1"; }

group_url() {
  local hosts
  hosts=$(sed -n 's/^\(node\|sentinel\)-.* /127.0.0.1:/p' "$group/members" | paste -sd,)
  if [[ $kind == cluster ]]; then echo "redis+cluster://$hosts"; else echo "redis+sentinel://$hosts/main"; fi
}

# The group as a whole or nothing: what was started is ended when a later step fails.
start_group() {
  local started=true
  kind=$1
  need_command redis-server redis-cli
  ! $tls || need_command openssl
  umask 077
  lock_data "$group"
  ! is_group || each_member member_runs
  [[ -z $(running_pid "$group" "$group/redis.conf") ]] || fail "a single server runs on $group; stop it first"
  port=${port:-6379}
  ((port + 11 <= 65535)) || wrong_use "--port leaves no room for the ports behind it"
  master_port=$port
  "plan_$kind" >"$group/members.new"
  mv "$group/members.new" "$group/members"
  each_member member_port_is_free
  ! $tls || make_certificates
  each_member write_member
  (each_member launch_member && "form_$kind") || started=false
  if ! $started; then
    each_member end_member KILL 10 >/dev/null
    fail "the $kind did not start"
  fi
  say "running: $(group_url), data $group"
}

# end_member SIGNAL SECONDS NAME
end_member() { end_locked "$data" "$configuration" "$1" "$2"; }

end_group() {
  lock_data "$group"
  each_member end_member "$1" "$2"
}

member_status() {
  local pid
  pid=$(running_pid "$data" "$configuration")
  if [[ -z $pid ]]; then
    say "$1: not running"
    all_run=false
  elif [[ $1 == sentinel-* ]]; then
    sentinel_answers || { say "$1: it does not answer"; all_run=false; }
  else
    serves || { say "$1: it does not answer"; all_run=false; }
  fi
  [[ -z $pid ]] || say "$1: running on 127.0.0.1:$(known_port), pid $pid"
}

member_json() {
  local pid
  pid=$(running_pid "$data" "$configuration")
  [[ -n $pid ]] || all_run=false
  json_members+="${json_members:+, }{\"name\": \"$1\", \"port\": $port, \"pid\": ${pid:-null}}"
}

status_group() {
  all_run=true json_members=""
  if $json; then
    each_member member_json
    printf '{"running": %s, "members": [%s], "data": "%s"}\n' "$all_run" "$json_members" "$group"
  else
    each_member member_status
  fi
  $all_run
}
