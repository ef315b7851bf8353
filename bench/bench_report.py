"""Medians over the rounds, and the table."""

import statistics

# What, where it stands in a part, how it is written.
ROWS = (
    ("worker, CPU µs an event", "worker_us", "{:.1f}"),
    ("floor, CPU µs an event", "floor_us", "{:.1f}"),
    ("  bare HTTPS POST", "floor_http_us", "{:.1f}"),
    ("  librdkafka in and out", "floor_kafka_us", "{:.1f}"),
    ("worker / floor of the same round", "ratio", "{:.2f}"),
    ("events a second", "events_per_s", "{:,.0f}"),
    ("worker's cores busy", "worker_cores_busy", "{:.2f}"),
    ("requests at once to the sender", "connections", "{:.0f}"),
    ("Redis, CPU µs an event", "redis_us", "{:.1f}"),
    ("resident at most, MiB", "memory_mib", "{:.0f}"),
)
HALF_LOAD_ROWS = (
    ("events a second", "events_per_s", "{:,.0f}"),
    ("event to sender's socket, p50 ms", "p50_ms", "{:.2f}"),
    ("event to sender's socket, p99 ms", "p99_ms", "{:.2f}"),
    ("  event to a bare reader, p50 ms", "kafka_p50_ms", "{:.2f}"),
    ("  event to a bare reader, p99 ms", "kafka_p99_ms", "{:.2f}"),
)


def medians(rounds):
    """Each number's median over the rounds, in the shape of one round."""
    return {
        part: {
            name: statistics.median(each[part][name] for each in rounds)
            for name in rounds[0][part]
            if name != "problems"
        }
        for part in rounds[0]
    }


def problems_of(rounds):
    return [problem for each in rounds for part in each.values() for problem in part["problems"]]


def cell(rounds, part, name, form):
    values = [each[part][name] for each in rounds]
    median = form.format(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} ({form.format(min(values))} to {form.format(max(values))})"


def table(rounds):
    lines = [f"{'median (least to most)':<36}{'sender 0 ms':<26}sender 50 ms"]
    for what, name, form in ROWS:
        lines.append(f"{what:<36}{cell(rounds, 'fast', name, form):<26}{cell(rounds, 'slow', name, form)}".rstrip())
    lines += ["", f"{'at half load':<36}sender 0 ms"]
    for what, name, form in HALF_LOAD_ROWS:
        lines.append(f"{what:<36}{cell(rounds, 'half_load', name, form)}")
    return "\n".join(lines)
