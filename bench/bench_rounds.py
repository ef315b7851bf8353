"""One round of the bench: the worker, and right after it the floor, under the same load."""

import math
import statistics
import time

from bench_world import DIRECTORY, BenchError, cpu_us, memory_mib, stop_well

STALL_S = 30  # nothing was texted for so long
HALF_LOAD_S = 5  # of which the first fifth counts as warming up


def judge(count, texts, statuses, exit_code):
    """What is wrong with a measurement of so many events; nothing if each was texted once, and said so once."""
    wrong = []

    def expect(what, is_so, is_told):
        if not is_so:
            wrong.append(f"{what}: {is_told}")

    expect("lost texts", texts["recipients"] == count, f"{texts['recipients']} of {count} phones got one")
    expect("doubled texts", texts["texts"] == texts["recipients"], f"{texts['texts']} to {texts['recipients']} phones")
    expect("doubled texts", texts["by_recipient_max"] <= 1, f"{texts['by_recipient_max']} to one phone")
    expect("unanswered texts", texts["unanswered"] == 0, texts["unanswered"])
    expect("lost statuses", statuses["events"] == count, f"{statuses['events']} of {count} events have one")
    expect("doubled statuses", statuses["repeated"] == 0, statuses["repeated"])
    others = {name: number for name, number in statuses["outcomes"].items() if name != "sent"}
    expect("not sent", not others, others)
    expect("possible duplicates", statuses["possible_duplicates"] == 0, statuses["possible_duplicates"])
    expect("the worker's exit code", exit_code == 0, exit_code)
    return wrong


class Moment:
    """How far everything was at one time."""

    def __init__(self, world, worker, sandbox, texts):
        self.at, self.texts = time.monotonic(), texts
        self.worker_us, self.redis_us = cpu_us(worker.pid), cpu_us(world.redis_pid)
        self.sandbox_us = cpu_us(sandbox.pid)
        self.sends = worker.sends()


def wait_for_texts(sandbox, worker, count):
    """The number of texts, once it has reached the count."""
    texts, moved_at = 0, time.monotonic()
    while True:
        seen = sandbox.counts()["texts"]
        if seen >= count:
            return seen
        if seen > texts:
            texts, moved_at = seen, time.monotonic()
        if worker.process.poll() is not None:
            raise BenchError(f"the worker ended with {worker.process.returncode}; its log is {DIRECTORY}/worker.log")
        if time.monotonic() - moved_at > STALL_S:
            raise BenchError(f"only {texts} of {count} texts came; the worker's log is {DIRECTORY}/worker.log")
        time.sleep(0.02)


def end_and_judge(world, worker, sandbox, run, count):
    wait_for_texts(sandbox, worker, count)
    exit_code = stop_well(worker)
    statuses = world.load("statuses", "--bootstrap", world.bootstrap, "--run", run)
    return [f"{run}: {problem}" for problem in judge(count, sandbox.counts(), statuses, exit_code)]


def saturate(world, run, latency_ms, count):
    """The worker with a backlog before it, then its floor."""
    warm_up, tail = count // 4, min(count // 10, 2_000)
    world.flush_redis()
    world.produce(run, count)
    with world.sandbox(latency_ms) as sandbox:
        with world.worker(sandbox) as worker:
            begin = Moment(world, worker, sandbox, wait_for_texts(sandbox, worker, warm_up))
            end = Moment(world, worker, sandbox, wait_for_texts(sandbox, worker, count - tail))
            memory = memory_mib(worker.pid)
            problems = end_and_judge(world, worker, sandbox, run, count)
        events, seconds = end.texts - begin.texts, end.at - begin.at
        sent, sending_s = (b - a for a, b in zip(begin.sends, end.sends))
        rate = events / seconds
        # Little's law: how many requests were under way at a time.
        connections = min(4_000, max(1, round(rate * sending_s / max(1, sent))))
        sandbox.reset()
        floor = measure_floor(world, sandbox, connections, rate, count)
    worker_us = (end.worker_us - begin.worker_us) / events
    return {
        "latency_ms": latency_ms,
        "events": events,
        "events_per_s": rate,
        "worker_us": worker_us,
        "worker_cores_busy": (end.worker_us - begin.worker_us) / 1e6 / seconds,
        "redis_us": (end.redis_us - begin.redis_us) / events,
        "sandbox_us": (end.sandbox_us - begin.sandbox_us) / events,
        "connections": connections,
        "memory_mib": memory,
        **floor,
        "floor_us": floor["floor_http_us"] + floor["floor_kafka_us"],
        "ratio": worker_us / (floor["floor_http_us"] + floor["floor_kafka_us"]),
        "problems": problems + floor["problems"],
    }


def measure_floor(world, sandbox, connections, rate, count):
    sizes = ("--count", count - count // 4, "--warm-up", count // 4)
    http = world.load(
        "http-floor",
        *("--url", sandbox.base_url, "--ca-file", sandbox.ca_file),
        *("--connections", connections, "--first", world.next_event, *sizes),
        measured=True,
    )
    world.next_event += count
    kafka = world.load("kafka-floor", "--bootstrap", world.bootstrap, "--rate", rate, *sizes, measured=True)
    return {
        "floor_http_us": http["cpu_us"] / http["events"],
        "floor_http_per_s": http["events"] / http["seconds"],
        "floor_kafka_us": kafka["cpu_us"] / kafka["events"],
        "floor_kafka_per_s": kafka["events"] / kafka["seconds"],
        "problems": [f"the floor's statuses that failed: {kafka['failed']}"] if kafka["failed"] else [],
    }


def wait_at_half_load(world, run, rate):
    """From the producer's call to the whole request at the sender, at a steady rate."""
    count = max(500, math.ceil(rate * HALF_LOAD_S))
    times = DIRECTORY / "times"
    world.flush_redis()
    # Everybody on all cores: on one that they share, servers would wait for each other's slices of time.
    with world.on_all_cores(), world.sandbox(0) as sandbox, world.worker(sandbox) as worker:
        # The worker is ready before it has its partitions: one event through it, then time counts.
        world.produce(f"{run}w", 1)
        wait_for_texts(sandbox, worker, 1)
        made = world.produce(run, count, "--rate", rate, "--times", times)
        wait_for_texts(sandbox, worker, count + 1)
        arrived = sandbox.arrivals()
        sandbox_counts = sandbox.counts()
        exit_code = stop_well(worker)
        statuses = world.load("statuses", "--bootstrap", world.bootstrap, "--run", run)
    # One text more: the first one's.
    sandbox_counts["texts"] -= 1
    sandbox_counts["recipients"] -= 1
    problems = [f"{run}: {problem}" for problem in judge(count, sandbox_counts, statuses, exit_code)]
    produced = [line.split() for line in times.read_text().splitlines()][count // 5 :]
    waits_ms = [(arrived[phone] - int(at)) / 1000 for phone, at, _ in produced if phone in arrived]
    hundredths = statistics.quantiles(waits_ms, n=100)
    # The same events on their way to a reader that does nothing: the rest is the worker's, Redis' and the sandbox's.
    kafka = statistics.quantiles([(int(read) - int(at)) / 1000 for _, at, read in produced], n=100)
    return {
        "events_per_s": count / made["seconds"],
        "p50_ms": hundredths[49],
        "p99_ms": hundredths[98],
        "kafka_p50_ms": kafka[49],
        "kafka_p99_ms": kafka[98],
        "most_ms": max(waits_ms),
        "problems": problems,
    }


def run_round(world, number, count, say):
    say(f"round {number}: a sender that answers at once")
    fast = saturate(world, f"r{number}a", 0, count)
    say(f"round {number}: a sender that takes 50 ms")
    slow = saturate(world, f"r{number}b", 50, count)
    say(f"round {number}: half load")
    half = wait_at_half_load(world, f"r{number}c", fast["events_per_s"] / 2)
    return {"fast": fast, "slow": slow, "half_load": half}
