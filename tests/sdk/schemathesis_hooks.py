"""What schemathesis cannot guess: challenges that exist, a ref that was sealed, and Twilio's signature.

Every other request gets them, chosen by what was generated, so that a seed gives the same requests again.
"""

import json
import os
import urllib.parse
import zlib

import schemathesis
from twilio.request_validator import RequestValidator

KNOWN = json.loads(os.environ["SDK_KNOWN"])
