"""Calls the API through the AWS CLI, argument by argument as a person types them: one JSON line in, one out.

The program is the CLI's own, in one process for all calls, since starting it takes most of a second. The first line holds the
endpoint, the region and the callers' keys.
"""

import contextlib
import io
import json
import os
import re
import sys

from awscli.clidriver import create_clidriver

SERVICES = {"lattice": "vpc-lattice", "tagging": "resourcegroupstaggingapi", "acm": "acm"}
FAILURE = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation: (.*)", re.DOTALL)


def kebab_case(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def arguments_of(driver, call):
    """The command line: structures as JSON, the rest as it is, booleans as --flag and --no-flag."""
    service = SERVICES[call.get("api", "lattice")]
    model = driver.session.get_service_model(service).operation_model(call["operation"])
    arguments = [service, kebab_case(call["operation"])]
    for name, value in call["input"].items():
        kind = model.input_shape.members[name].type_name
        option = "--" + kebab_case(name)
        if kind == "boolean":
            arguments.append(option if value else "--no-" + kebab_case(name))
        else:
            arguments += [option, json.dumps(value) if kind in ("structure", "list", "map") else str(value)]
    if "pageSize" in call:
        arguments += ["--page-size", str(call["pageSize"])]
    return arguments


class Cli:
    def __init__(self, settings):
        self.settings = settings
        self.drivers = {}

    def driver(self, caller):
        """A driver takes the keys from the environment once, so each caller has its own."""
        if caller not in self.drivers:
            keys = self.settings["callers"][caller]
            os.environ.update(
                AWS_ACCESS_KEY_ID=keys["accessKeyId"],
                AWS_SECRET_ACCESS_KEY=keys["secretAccessKey"],
                AWS_MAX_ATTEMPTS="1",
                AWS_CONFIG_FILE=os.devnull,
                AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            )
            self.drivers[caller] = create_clidriver()
            self.drivers[caller].session.get_credentials()
        return self.drivers[caller]

    def run(self, call):
        driver = self.driver(call.get("caller", "owner"))
        common = ["--endpoint-url", self.settings["endpoint"], "--region", self.settings["region"], "--output", "json"]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = driver.main(arguments_of(driver, call) + common)
        if code == 0:
            return {"output": json.loads(out.getvalue() or "{}")}
        failed = FAILURE.search(err.getvalue())
        if failed is None:
            return {"failure": {"type": "not sent", "typed": False, "message": err.getvalue().strip()}}
        return {"failure": {"type": failed[1], "typed": True, "message": failed[2].strip()}}

    def surface(self):
        session = self.driver("owner").session
        operations = session.get_service_model("vpc-lattice").operation_names
        pages = session.get_component("data_loader").load_service_model("vpc-lattice", "paginators-1")["pagination"]
        return {"operations": operations, "paginators": sorted(pages)}


def main():
    answers = sys.stdout
    cli = Cli(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        call = json.loads(line)
        print(json.dumps(cli.surface() if call.get("surface") else cli.run(call)), file=answers, flush=True)


main()
