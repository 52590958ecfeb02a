"""Signs each case of a JSON file with botocore, sends it over a plain socket and prints the verdicts as JSON.

Input: {"host", "port", "region", "service", "credentials", "cases": [...]}; the request goes out exactly as it was signed.
"""

import json
import socket
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def send(host, port, method, target, headers):
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((host.split(":")[0], port), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines + ["Connection: close", "", ""])).encode("utf-8"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    for line in answer.decode("latin-1").split("\r\n"):
        if line.lower().startswith("x-verdict: "):
            return line[len("x-verdict: "):]
    return "no verdict"


def main():
    job = json.load(sys.stdin)
    keys = job["credentials"]
    credentials = Credentials(keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"])
    verdicts = []
    for case in job["cases"]:
        target = case["path"] + ("?" + case["query"] if case["query"] else "")
        headers = {**case["headers"], "Host": job["host"], "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
        request = AWSRequest(case["method"], "http://" + job["host"] + target, headers=headers)
        SigV4Auth(credentials, job["service"], job["region"]).add_auth(request)
        verdicts.append(send(job["host"], job["port"], case["method"], target, request.headers))
    print(json.dumps(verdicts))


main()
