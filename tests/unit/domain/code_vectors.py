#!/usr/bin/env python3
"""Prints the vectors of code_test.cpp: the derivation of codes, written again from the design and nothing else.

A code is HMAC-SHA-256(key, fields each behind its length in four bytes, big-endian), read as 32-bit words; the first
below 4,294,000,000 counts, modulo 1,000,000; should all eight be above, the MAC of the MAC follows.
"""
import hashlib
import hmac
import struct

UNBIASED_BELOW = 4_294_000_000


def fields(*texts):
    return b"".join(struct.pack(">I", len(t)) + t for t in texts)


def derive(key, environment, application, purpose, phone, user, challenge, nonce):
    """The code, and the place of the word that it was made of."""
    mac = hmac.new(key, fields(environment, application, purpose, phone, user, challenge, nonce), hashlib.sha256).digest()
    place = 0
    while True:
        for word in struct.unpack(">8I", mac):
            if word < UNBIASED_BELOW:
                return f"{word % 1_000_000:06}", place
            place += 1
        mac = hmac.new(key, mac, hashlib.sha256).digest()


def binding(user=b""):
    return (b"env_live", b"app_web", b"mfa" if user else b"sign_in", b"+61491570006", user, b"k3Jw9sQ2vT7yB4nH1cXzLg")


def nonce(number):
    return struct.pack(">I", number) * 8


def show(key, user, number):
    code, place = derive(key, *binding(user), nonce(number))
    print(f'    {{"{key.decode()}", "{user.decode()}", {number}, "{code}", {place}}},')


def main():
    keys = [b"k" * 32, b"another key of thirty-two bytes."]
    for key in keys:
        for user in (b"", b"user_1"):
            for number in range(3):
                show(key, user, number)
    print("    // The first word is too high, so that the second counts:")
    found = 0
    number = 0
    while found < 3:
        number += 1
        if derive(keys[0], *binding(), nonce(number))[1] == 1:
            show(keys[0], b"", number)
            found += 1
    print("    // Two words are too high:")
    while derive(keys[0], *binding(), nonce(number))[1] < 2:
        number += 1
    show(keys[0], b"", number)
    print("    // The code begins with zeros:")
    number = 0
    while not derive(keys[0], *binding(), nonce(number))[0].startswith("000"):
        number += 1
    show(keys[0], b"", number)
    request = hashlib.sha256(fields(b"env_live", b"/sign-in", b"an event")).hexdigest()[:32]
    empty = hashlib.sha256(fields(b"", b"/sign-in", b"an event")).hexdigest()[:32]
    connection = hashlib.sha256(fields(b"sendcode connection v1", b"env_live")).hexdigest()[:32]
    print(f"request id {request}, without environment {empty}, connection conn_{connection}")


if __name__ == "__main__":
    main()
