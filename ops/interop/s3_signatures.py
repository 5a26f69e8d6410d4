"""Writes requests and the signatures that botocore gives them, one JSON array.

python3 ops/interop/s3_signatures.py COUNT SEED >Tests/IngotRemoteTests/S3SignatureCases.json

The committed file has 30 cases of seed 1; ops/interop/remotes compares hundreds of others.
"""
import datetime
import json
import random
import sys

import botocore.auth
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

UNRESERVED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
ODD = UNRESERVED + " /+=&%?#:@!$'()*,;[]{}|\\^`\"<>\u00e9\u4e16\U0001f600"


def encode(text, keep=""):
    return "".join(
        chr(b) if chr(b) in UNRESERVED + keep else f"%{b:02X}" for b in text.encode()
    )


def some(rng, letters, least, most):
    return "".join(rng.choice(letters) for _ in range(rng.randint(least, most)))


def case(rng):
    scheme = rng.choice(["https", "http"])
    host = some(rng, "abcdefghij", 3, 12) + rng.choice(["", ".example.com", ".s3.eu-west-1.amazonaws.com"])
    authority = host + rng.choice(["", ":9000", ":5000"])
    path = "/" + encode(some(rng, ODD, 0, 40), keep="/")
    query = {some(rng, ODD.replace("/", ""), 1, 10): some(rng, ODD, 0, 12) for _ in range(rng.randint(0, 4))}
    headers = {}
    if rng.random() < 0.4:
        headers["range"] = "bytes=0-%d" % rng.randint(1, 1 << 40)
    if rng.random() < 0.4:
        headers["if-match"] = '"' + some(rng, "0123456789abcdef", 32, 32) + '"'
    if rng.random() < 0.3:
        headers["x-amz-meta-note"] = rng.choice(["  two   words ", "one", "a\tb  c"])
    if rng.random() < 0.3:
        headers["content-type"] = "application/json"
    unsigned = scheme == "https" and rng.random() < 0.3
    payload = "UNSIGNED-PAYLOAD" if unsigned else some(rng, "0123456789abcdef", 64, 64)
    key = some(rng, "ABCDEFGHIJ0123456789", 20, 20)
    secret = some(rng, UNRESERVED + "+/", 40, 40)
    token = some(rng, UNRESERVED + "+/=", 20, 300) if rng.random() < 0.4 else None
    region = rng.choice(["us-east-1", "eu-central-1", "cn-north-1"])
    method = rng.choice(["GET", "PUT", "HEAD", "POST", "DELETE"])
    seconds = rng.randint(946684800, 4102444800)

    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).replace(tzinfo=None)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment
    url = f"{scheme}://{authority}{path}"
    if query:
        url += "?" + "&".join(f"{encode(k)}={encode(v)}" for k, v in query.items())
    request = AWSRequest(method=method, url=url, headers=dict(headers))
    request.headers["X-Amz-Content-SHA256"] = payload
    auth = S3SigV4Auth(Credentials(key, secret, token), "s3", region)
    auth.payload = lambda request: payload
    auth.add_auth(request)
    return {
        "accessKey": key, "secretKey": secret, "sessionToken": token, "region": region,
        "method": method, "authority": authority, "path": path, "payload": payload,
        "query": [[k, v] for k, v in query.items()],
        "headers": [[k, v] for k, v in headers.items()],
        "seconds": seconds, "authorization": request.headers["Authorization"],
    }


rng = random.Random(int(sys.argv[2]))
cases = [case(rng) for _ in range(int(sys.argv[1]))]
print("[")
print(",\n".join(json.dumps(c, sort_keys=True) for c in cases))
print("]")
