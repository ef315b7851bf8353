"""Texts by Twilio's SDK for Python: one JSON request a line, answered with a line each; see ../sdk_process.py."""

import datetime
import json
import os
import sys

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

BASE_URL = os.environ["SDK_BASE_URL"]


class SandboxHttpClient(TwilioHttpClient):
    """Twilio's own client, but for the host that it calls."""

    last = None

    def request(self, method, url, *arguments, **named):
        self.last = super().request(method, url.replace("https://api.twilio.com", BASE_URL, 1), *arguments, **named)
        return self.last


def shown(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def as_fields(resource):
    """Every attribute of the SDK's resource, with the type that it has there."""
    return {
        name.rstrip("_"): {"type": type(value).__name__, "value": shown(value)}
        for name, value in vars(resource).items()
        if not name.startswith("_")
    }


def answer(client, asked):
    account = client.api.v2010.account
    if asked["do"] == "feedback":
        return as_fields(
            account.messages(asked["parameters"]["sid"]).feedback.create(outcome=asked["parameters"]["outcome"])
        )
    parameters = {"from_" if name == "from" else name: value for name, value in asked["parameters"].items()}
    if asked["do"] == "send":
        return as_fields(account.messages.create(**parameters))
    if "date_sent_after" in parameters:
        parameters["date_sent_after"] = datetime.datetime.fromisoformat(parameters["date_sent_after"])
    return [as_fields(one) for one in account.messages.list(**parameters)]


def main():
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SDK_CA_FILE"]
    http = SandboxHttpClient(timeout=20)
    client = Client(os.environ["SDK_USER"], os.environ["SDK_PASSWORD"], os.environ["SDK_ACCOUNT"], http_client=http)
    for line in sys.stdin:
        try:
            out = {"done": answer(client, json.loads(line))}
        except TwilioRestException as error:
            # This SDK keeps no more_info, but shows the page of the code: it must be the page that the answer named.
            more_info = json.loads(http.last.text)["more_info"]
            told = {"type": type(error).__name__, "code": error.code, "status": error.status, "more_info": more_info}
            out = {"error": told}
        print(json.dumps(out), flush=True)


if __name__ == "__main__":
    main()
