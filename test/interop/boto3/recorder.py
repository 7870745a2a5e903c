"""Runs checks of one service over boto3 and writes down what every call answered.

A check asserts what AWS documents. Besides, each answer is judged against botocore's model of the
service (names, types and required members), and its outline (status, error code, member names) is
recorded, so that two implementations can be compared call by call.
"""

import json
import sys
import traceback
import uuid
import xml.etree.ElementTree as ElementTree

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Of XML answers: wrappers and attributes that belong to the protocol, not to the model.
PROTOCOL_ELEMENTS = {"ResponseMetadata", "RequestId", "HostId", "Error"}


class Recorder:
    """Clients whose calls are recorded, and the checks registered with `check`."""

    def __init__(self, endpoint, facts):
        self.endpoint = endpoint
        # What the check needs to know of the implementation: names of deployed things.
        self.facts = facts
        self.calls = []
        self.shape_problems = []

    def client(self, service, **options):
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}, **options),
        )
        client.meta.events.register("after-call", self._record)
        return client

    def _record(self, http_response, parsed, model, **_):
        code = parsed.get("Error", {}).get("Code")
        outline = sorted(self._outline(parsed)) if code is None else []
        self.calls.append(
            {
                "operation": model.name,
                "status": http_response.status_code,
                "code": code,
                "members": outline,
            }
        )
        if code is None:
            self.shape_problems += shape_problems(http_response, parsed, model)

    def _outline(self, value, path="", depth=0):
        """Paths of members; of a list, those of all its items."""
        if isinstance(value, dict) and depth < 4:
            for key, item in value.items():
                if key == "ResponseMetadata" or not is_member_name(key):
                    continue
                here = f"{path}.{key}" if path else key
                yield here
                yield from self._outline(item, here, depth + 1)
        elif isinstance(value, list):
            for path_of_item in {p for item in value for p in self._outline(item, f"{path}[]", depth)}:
                yield path_of_item


def is_member_name(key):
    """Keys of maps (metadata, tags, parameters) are data, not names of the model."""
    return key[:1].isupper() and key.isalnum()


def shape_problems(http_response, parsed, model):
    """What of an answer is not as the service's model has it."""
    problems = []
    output = model.output_shape
    if output is None:
        return problems
    problems += [f"{model.name}: {problem}" for problem in missing_members(parsed, output, "")]
    # A service may speak several protocols: this is the one the client chose.
    protocol = model.service_model.resolved_protocol
    if protocol in ("json", "rest-json") and "payload" not in output.serialization:
        body = http_response.content
        raw = json.loads(body) if body else {}
        problems += [f"{model.name}: {problem}" for problem in unknown_members(raw, output, "")]
    elif protocol in ("rest-xml", "query") and "payload" not in output.serialization:
        problems += [f"{model.name}: {problem}" for problem in unknown_elements(http_response, output)]
    return problems


def missing_members(value, shape, path):
    """Members that the model requires and the answer lacks. Ranges are left alone: AWS answers outside of them."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            if name not in value:
                yield f"required member {path}.{name} is missing"
        for name, member in shape.members.items():
            yield from missing_members(value.get(name), member, f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value:
            yield from missing_members(item, shape.member, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for item in value.values():
            yield from missing_members(item, shape.value, f"{path}{{}}")


def unknown_members(raw, shape, path):
    """Members of a JSON answer that the model does not name, and values of another type."""
    if raw is None:
        return
    if shape.type_name == "structure":
        if not isinstance(raw, dict):
            yield f"{path or 'the answer'} is {type(raw).__name__}, expected a structure"
            return
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for key, value in raw.items():
            if key in names:
                yield from unknown_members(value, names[key], f"{path}.{key}")
            else:
                yield f"member {path}.{key} is not in the model"
    elif shape.type_name == "list":
        for item in raw:
            yield from unknown_members(item, shape.member, f"{path}[]")
    elif shape.type_name == "map":
        for item in raw.values():
            yield from unknown_members(item, shape.value, f"{path}{{}}")
    else:
        expected = {
            "string": str,
            "blob": str,
            "boolean": bool,
            "integer": int,
            "long": int,
            "double": (int, float),
            "float": (int, float),
            "timestamp": (int, float),
        }[shape.type_name]
        if not isinstance(raw, expected):
            yield f"member {path} is {type(raw).__name__}, expected {shape.type_name}"


def unknown_elements(http_response, shape):
    """Elements of an XML answer whose names occur nowhere in the model of the answer."""
    body = http_response.content
    if not body.strip():
        return
    wrapper = shape.serialization.get("resultWrapper")
    known = set(element_names(shape, set())) | ({wrapper} if wrapper else set())
    root = ElementTree.fromstring(body)
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if element is not root and name not in known | PROTOCOL_ELEMENTS:
            yield f"element {name} is not in the model"


def element_names(shape, seen):
    if shape.name in seen:
        return
    seen = seen | {shape.name}
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield member.serialization.get("name", name)
            yield from element_names(member, seen)
    elif shape.type_name == "list":
        yield shape.member.serialization.get("name", "member")
        yield from element_names(shape.member, seen)


CHECKS = []


def check(function):
    """Registers a check; it takes the recorder."""
    CHECKS.append(function)
    return function


def unique(word):
    return f"{word}-{uuid.uuid4().hex[:8]}"


def expect(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def refused(codes, call):
    """Asserts that a call is refused with one of the documented codes; gives the error."""
    accepted = codes if isinstance(codes, tuple) else (codes,)
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in accepted:
            raise AssertionError(f"expected error {' or '.join(accepted)}, got {code}: {error}") from error
        return error.response
    raise AssertionError(f"expected error {' or '.join(accepted)}, the call succeeded")


def main():
    """Usage: python <service>_checks.py <endpoint> [<facts as JSON>]; prints one JSON array."""
    endpoint = sys.argv[1]
    facts = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    results = []
    for function in CHECKS:
        recorder = Recorder(endpoint, facts)
        problem = None
        try:
            function(recorder)
        except Exception as error:  # Every failure of a check is a finding, whatever its kind.
            last = traceback.extract_tb(error.__traceback__)
            line = next((frame.lineno for frame in reversed(last) if frame.filename.endswith("_checks.py")), 0)
            problem = f"line {line}: {type(error).__name__}: {error}"
        results.append(
            {
                "check": function.__name__.replace("_", " "),
                "problem": problem,
                "shapes": sorted(set(recorder.shape_problems)),
                "calls": recorder.calls,
            }
        )
    print(json.dumps(results))
