"""Calls the API through boto3: one JSON line in, one out. The first line holds the endpoint, the region and the callers' keys."""

import datetime
import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

SERVICES = {"lattice": "vpc-lattice", "tagging": "resourcegroupstaggingapi", "acm": "acm"}


class Clients:
    def __init__(self, settings):
        self.settings = settings
        self.open = {}

    def get(self, api, caller):
        if (api, caller) not in self.open:
            keys = self.settings["callers"][caller]
            self.open[api, caller] = boto3.client(
                SERVICES[api],
                endpoint_url=self.settings["endpoint"],
                region_name=self.settings["region"],
                aws_access_key_id=keys["accessKeyId"],
                aws_secret_access_key=keys["secretAccessKey"],
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self.open[api, caller]


def answer(clients, call):
    client = clients.get(call.get("api", "lattice"), call.get("caller", "owner"))
    method = xform_name(call["operation"])
    try:
        if "pageSize" in call:
            paginator = client.get_paginator(method)
            pages = paginator.paginate(**call["input"], PaginationConfig={"PageSize": call["pageSize"]})
            return {"output": {"items": [item for page in pages for item in page["items"]]}}
        output = getattr(client, method)(**call["input"])
        del output["ResponseMetadata"]
        return {"output": output}
    except ClientError as error:
        return {"failure": failure(client, error)}
    except ParamValidationError as error:
        return {"failure": {"type": "not sent", "typed": False, "message": str(error)}}


def failure(client, error):
    code = error.response["Error"]["Code"]
    modelled = getattr(client.exceptions, code) if code in dir(client.exceptions) else None
    members = {name: value for name, value in error.response.items() if name not in ("Error", "ResponseMetadata")}
    return {
        "type": code,
        "typed": modelled is not None and isinstance(error, modelled),
        "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        "message": error.response["Error"]["Message"],
        "members": members,
    }


def surface(client):
    operations = client.meta.service_model.operation_names
    return {
        "operations": operations,
        "paginators": [name for name in operations if client.can_paginate(xform_name(name))],
    }


def as_text(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds")
    raise TypeError(f"{type(value)} has no JSON form")


def main():
    clients = Clients(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        call = json.loads(line)
        result = surface(clients.get("lattice", "owner")) if call.get("surface") else answer(clients, call)
        print(json.dumps(result, default=as_text), flush=True)


main()
