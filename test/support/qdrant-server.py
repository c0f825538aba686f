"""Qdrant's REST routes in front of Qdrant's own engine, for tests: the package qdrant-edge-py, in this process.

Usage: qdrant-server.py [--port N] [--api-key KEY] [--read-only-key KEY]. Prints the port, and ends when stdin is closed.
Collections live in a temporary folder and are gone with the process. What it answers differently from a server is
listed in test/contract/qdrant-recordings.test.ts. A boolean in a filter is refused with 501: the binding
would compare it as the number 1 and silently find nothing.
"""
import argparse
import json
import math
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import qdrant_edge as edge

BODY_LIMIT = 32 * 2**20
FORBIDDEN_IN_NAMES = '<>:"/\\|?*'
NOT_A_POINT_ID = "value {} is not a valid point ID, valid values are either an unsigned integer or a UUID"
NO_VARIANT = "data did not match any variant of untagged enum {}"

arguments = argparse.ArgumentParser()
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=0)
arguments.add_argument("--api-key")
arguments.add_argument("--read-only-key")
options = arguments.parse_args()

root = tempfile.mkdtemp(prefix="qdrant-server-")
lock = threading.RLock()
collections = {}
aliases = {}


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def bad_json(text):
    return Refused(400, "Format error in JSON body: " + text)


def wrong_input(text):
    return Refused(400, "Wrong input: " + text)


def invalid(field, text):
    return Refused(422, f"Validation error in JSON body: [{field}: {text}]")


class Collection:
    def __init__(self, body):
        vectors = body.get("vectors") or {}
        self.unnamed = "size" in vectors
        self.vectors = vectors
        self.metadata = dict(body.get("metadata") or {})
        self.strict = body.get("strict_mode_config") or {}
        self.indexes = {}
        self.operations = 0
        parameters = (
            vector_parameters(vectors)
            if self.unnamed
            else {name: vector_parameters(one) for name, one in vectors.items()}
        )
        self.path = tempfile.mkdtemp(dir=root)
        self.shard = edge.EdgeShard.create(self.path, edge.EdgeConfig(vectors=parameters))

    def information(self):
        info = self.shard.info()
        params = {
            "vectors": self.vectors,
            "shard_number": 1,
            "replication_factor": 1,
            "write_consistency_factor": 1,
            "on_disk_payload": True,
        }
        return {
            "status": "green",
            "optimizer_status": "ok",
            "indexed_vectors_count": info.indexed_vectors_count,
            "points_count": info.points_count,
            "segments_count": info.segments_count,
            "config": {"params": params, **({"metadata": self.metadata} if self.metadata else {})},
            "payload_schema": {
                field: {"data_type": self.indexes[field], "points": index.points}
                for field, index in info.payload_schema.items()
            },
        }

    def remove(self):
        self.shard.close()
        shutil.rmtree(self.path)


def vector_parameters(given):
    size = given.get("size") if isinstance(given, dict) else None
    distances = ("Cosine", "Euclid", "Dot", "Manhattan")
    if not isinstance(size, int) or size < 1 or given.get("distance") not in distances:
        raise bad_json(NO_VARIANT.format("VectorsConfig"))
    if size > 65536:
        raise invalid("vectors.size", f"value {size} invalid, must be from 1 to 65536")
    return edge.EdgeVectorParams(size=size, distance=getattr(edge.Distance, given["distance"]))


# Points


def parse_id(given):
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**64:
        return given
    if isinstance(given, str):
        try:
            return UUID(given)
        except ValueError:
            pass
    raise bad_json(NOT_A_POINT_ID.format(given if isinstance(given, str) else json.dumps(given)))


def id_to_json(identifier):
    return identifier if isinstance(identifier, int) else str(identifier)


def check_dimension(wanted, vector):
    if len(vector) != wanted:
        raise wrong_input(f"Vector dimension error: expected dim: {wanted}, got {len(vector)}")


def parse_vector(collection, vector, place):
    if vector is None:
        raise bad_json("missing field `vector`")
    if isinstance(vector, list):
        if not vector:
            raise invalid(f"{place}.vector.vector", "dense vector must not be empty")
        if any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in vector):
            raise bad_json(NO_VARIANT.format("VectorStruct"))
        if not collection.unnamed:
            raise wrong_input("Not existing vector name error: ")
        check_dimension(collection.vectors["size"], vector)
        return [float(number) for number in vector]
    for name, numbers in vector.items():
        if collection.unnamed or name not in collection.vectors:
            raise wrong_input("Not existing vector name error: " + name)
        check_dimension(collection.vectors[name]["size"], numbers)
    return {name: [float(number) for number in numbers] for name, numbers in vector.items()}


def finite(number):
    return None if isinstance(number, float) and not math.isfinite(number) else number


def vector_to_json(vector):
    if isinstance(vector, dict):
        return {name: vector_to_json(numbers) for name, numbers in vector.items()}
    return [finite(number) for number in vector]


def record(found, with_payload, with_vector, scored=False):
    point = {"id": id_to_json(found.id)}
    if scored:
        point |= {"version": found.version, "score": finite(found.score)}
    if with_payload:
        point["payload"] = found.payload if found.payload is not None else {}
    if with_vector:
        point["vector"] = vector_to_json(found.vector if found.vector is not None else {})
    if found.order_value is not None:
        point["order_value"] = found.order_value
    return point


def wanted_payload(body, default):
    given = body.get("with_payload")
    if given is None:
        return default
    if isinstance(given, list):
        return edge.PayloadSelector.Include(given)
    if isinstance(given, dict):
        kind = edge.PayloadSelector.Include if "include" in given else edge.PayloadSelector.Exclude
        return kind(given.get("include") or given.get("exclude") or [])
    return given


def wanted_vector(body):
    return body.get("with_vector", body.get("with_vectors", False))


# Filters


def parse_match(match):
    values = [match.get("value"), *(match.get("any") or []), *(match.get("except") or [])]
    if any(isinstance(value, bool) for value in values):
        raise Refused(501, "This test server cannot filter by a boolean")
    if isinstance(match.get("value"), float):
        raise bad_json(NO_VARIANT.format("MatchInterface"))
    kinds = {
        "value": edge.MatchValue,
        "any": edge.MatchAny,
        "except": edge.MatchExcept,
        "text": edge.MatchText,
        "phrase": edge.MatchPhrase,
        "prefix": edge.MatchPrefix,
    }
    for name, kind in kinds.items():
        if name in match:
            return kind(match[name])
    raise bad_json(NO_VARIANT.format("MatchInterface"))


def parse_range(given):
    bounds = {name: bound for name, bound in given.items() if name in ("gt", "gte", "lt", "lte") and bound is not None}
    of_dates = any(isinstance(bound, str) for bound in bounds.values())
    return (edge.RangeDateTime if of_dates else edge.RangeFloat)(**bounds)


def parse_condition(given):
    if "has_id" in given:
        return edge.HasIdCondition({parse_id(one) for one in given["has_id"]})
    if "has_vector" in given:
        return edge.HasVectorCondition(given["has_vector"])
    if isinstance(given.get("is_empty"), dict):
        return edge.IsEmptyCondition(given["is_empty"]["key"])
    if isinstance(given.get("is_null"), dict):
        return edge.IsNullCondition(given["is_null"]["key"])
    if "nested" in given:
        return edge.NestedCondition(given["nested"]["key"], parse_filter(given["nested"]["filter"]))
    if "key" not in given:
        return parse_filter(given)
    tests = {}
    if given.get("match") is not None:
        tests["match"] = parse_match(given["match"])
    if given.get("range") is not None:
        tests["range"] = parse_range(given["range"])
    if given.get("values_count") is not None:
        tests["values_count"] = edge.ValuesCount(**given["values_count"])
    for name in ("is_empty", "is_null"):
        if given.get(name) is not None:
            tests[name] = given[name]
    if not tests:
        text = "Validation error: At least one field condition must be specified"
        raise invalid("count_request.filter.must[0].__all__", text)
    return edge.FieldCondition(key=given["key"], **tests)


def parse_conditions(given):
    if given is None:
        return None
    return [parse_condition(one) for one in (given if isinstance(given, list) else [given])]


def parse_filter(given):
    if given is None:
        return None
    for name in given:
        if name not in ("must", "should", "must_not", "min_should"):
            raise bad_json(
                f"unknown field `{name}`, expected one of `should`, `min_should`, `must`, `must_not`"
            )
    fewest = given.get("min_should")
    return edge.Filter(
        must=parse_conditions(given.get("must")),
        should=parse_conditions(given.get("should")),
        must_not=parse_conditions(given.get("must_not")),
        min_should=edge.MinShould(parse_conditions(fewest["conditions"]), fewest["min_count"]) if fewest else None,
    )


# Writes: each returns the operation, so that a request is checked before anything is changed


def update(collection, operation):
    return lambda: collection.shard.update(operation)


def upsert(collection, body):
    if "points" not in body:
        raise bad_json("Invalid PointInsertOperations format")
    if not body["points"]:
        raise Refused(400, "Bad request: Empty update request")
    points = {}
    for place, point in enumerate(body["points"]):
        if isinstance(point.get("payload"), list):
            raise bad_json("invalid type: sequence, expected a map")
        identifier = parse_id(point["id"])
        vector = parse_vector(collection, point.get("vector"), f"points[{place}]")
        points[identifier] = edge.Point(identifier, vector, point.get("payload") or {})
    modes = {"insert_only": edge.UpdateMode.InsertOnly, "update_only": edge.UpdateMode.UpdateOnly}
    operation = edge.UpdateOperation.upsert_points(
        list(points.values()), parse_filter(body.get("update_filter")), modes.get(body.get("update_mode"))
    )
    return update(collection, operation)


def listed_ids(body):
    if not body.get("points"):
        raise Refused(400, "Bad request: Empty update request")
    return [parse_id(one) for one in body["points"]]


def delete(collection, body):
    operations = edge.UpdateOperation
    if "filter" in body:
        return update(collection, operations.delete_points_by_filter(parse_filter(body["filter"])))
    return update(collection, operations.delete_points(listed_ids(body)))


def change_payload(name, values):
    def change(collection, body):
        operations = edge.UpdateOperation
        if "filter" in body:
            operation = getattr(operations, name + "_by_filter")(parse_filter(body["filter"]), *values(body))
        else:
            operation = getattr(operations, name)(listed_ids(body), *values(body))
        return update(collection, operation)

    return change


writes = {
    "upsert": upsert,
    "delete": delete,
    "set_payload": change_payload(
        "set_payload", lambda body: (body["payload"],) + ((body["key"],) if body.get("key") else ())
    ),
    "overwrite_payload": change_payload("overwrite_payload", lambda body: (body["payload"],)),
    "delete_payload": change_payload("delete_payload", lambda body: (body["keys"],)),
    "clear_payload": change_payload("clear_payload", lambda body: ()),
}


# Reads


def check_strict_mode(collection, body):
    strict = collection.strict
    if not strict.get("enabled"):
        return
    most, limit = strict.get("max_query_limit"), body.get("limit", 10)
    if most and limit > most:
        raise Refused(
            400,
            f'Bad request: Limit exceeded {limit} > {most} for "limit". '
            f'Help: Reduce the "limit" parameter to or below {most}.',
        )
    if strict.get("unindexed_filtering_retrieve") is False:
        for condition in (body.get("filter") or {}).get("must") or []:
            key = condition.get("key")
            if key and key not in collection.indexes:
                raise Refused(
                    400,
                    f'Bad request: Index required but not found for "{key}" of one of the following types: '
                    "[keyword]. Help: Create an index for this key or use a different filter.",
                )


def query(collection, body):
    check_strict_mode(collection, body)
    limit = body.get("limit", 10)
    if limit == 0:
        raise invalid("internal.limit", "value 0 invalid, must be 1 or larger")
    asked = body.get("query")
    condition = parse_filter(body.get("filter"))
    if isinstance(asked, dict) and "nearest" in asked:
        asked = asked["nearest"]
    if isinstance(asked, (int, str)):
        try:
            identifier = parse_id(asked)
        except Refused:
            raise bad_json("Expected some form of vector, id, or a type of query")
        found = collection.shard.retrieve([identifier], with_payload=False, with_vector=True)
        if not found:
            raise Refused(404, f"Not found: No point with id {asked} found")
        asked = found[0].vector
        itself = edge.HasIdCondition({identifier})
        condition = edge.Filter(must=[one for one in [condition] if one], must_not=[itself])
    with_payload, with_vector = wanted_payload(body, False), wanted_vector(body)
    if asked is None:
        found, _ = collection.shard.scroll(
            edge.ScrollRequest(limit=limit, filter=condition, with_payload=with_payload, with_vector=with_vector)
        )
        return {
            "points": [
                {"id": id_to_json(one.id), "version": 0, "score": 1}
                | ({"payload": one.payload or {}} if with_payload else {})
                for one in found
            ]
        }
    name = body.get("using")
    if name is None:
        if not collection.unnamed:
            raise wrong_input("Not existing vector name error: ")
        check_dimension(collection.vectors["size"], asked)
    parameters = body.get("params") or {}
    request = edge.QueryRequest(
        limit=limit,
        offset=body.get("offset"),
        query=edge.Query.Nearest([float(number) for number in asked], name),
        with_vector=with_vector,
        with_payload=with_payload,
        filter=condition,
        score_threshold=body.get("score_threshold"),
        params=edge.SearchParams(exact=parameters.get("exact", False), hnsw_ef=parameters.get("hnsw_ef")),
    )
    return {"points": [record(one, with_payload, with_vector, True) for one in collection.shard.query(request)]}


def scroll(collection, body):
    limit = body.get("limit", 10)
    if limit == 0:
        raise invalid("scroll_request.limit", "value 0 invalid, must be 1 or larger")
    order = body.get("order_by")
    if order:
        order = {"key": order} if isinstance(order, str) else order
        if body.get("offset") is not None:
            raise wrong_input("Cannot use an `offset` when using `order_by`. ")
        if collection.indexes.get(order["key"]) not in ("integer", "float", "datetime"):
            raise wrong_input(f"No range index for `order_by` key: `{order['key']}`. ")
        direction = getattr(edge.Direction, order["direction"].capitalize()) if order.get("direction") else None
        order = edge.OrderBy(order["key"], direction, order.get("start_from"))
    with_payload, with_vector = wanted_payload(body, True), wanted_vector(body)
    found, following = collection.shard.scroll(
        edge.ScrollRequest(
            offset=parse_id(body["offset"]) if body.get("offset") is not None else None,
            limit=limit,
            filter=parse_filter(body.get("filter")),
            with_payload=with_payload,
            with_vector=with_vector,
            order_by=order,
        )
    )
    return {
        "points": [record(one, with_payload, with_vector) for one in found],
        "next_page_offset": None if following is None or order else id_to_json(following),
    }


def retrieve(collection, body):
    with_payload, with_vector = wanted_payload(body, False), wanted_vector(body)
    ids = [parse_id(one) for one in body["ids"]]
    found = collection.shard.retrieve(ids, with_payload=with_payload, with_vector=with_vector)
    return [record(one, with_payload, with_vector) for one in found]


def read_point(collection, text):
    try:
        identifier = int(text) if text.isdigit() else UUID(text)
    except ValueError:
        raise wrong_input(f'Can not recognize "{text}" as point id')
    found = collection.shard.retrieve([identifier], with_payload=True, with_vector=True)
    if not found:
        raise Refused(404, f"Not found: Point with id {text} does not exists!")
    return record(found[0], True, True)


def count(collection, body):
    request = edge.CountRequest(exact=body.get("exact", True), filter=parse_filter(body.get("filter")))
    return {"count": collection.shard.count(request)}


reads = {
    "points": retrieve,
    "points/scroll": scroll,
    "points/query": query,
    "points/query/batch": lambda collection, body: [query(collection, one) for one in body["searches"]],
    "points/count": count,
}

point_writes = {
    ("PUT", "points"): "upsert",
    ("POST", "points/delete"): "delete",
    ("POST", "points/payload"): "set_payload",
    ("PUT", "points/payload"): "overwrite_payload",
    ("POST", "points/payload/delete"): "delete_payload",
    ("POST", "points/payload/clear"): "clear_payload",
}


# Collections


def check_new_name(name):
    def refused(text):
        return Refused(422, f"Validation error in path parameters: [collection_name: {text}]")

    if len(name) > 255:
        raise refused(f'value "{name}" invalid, must be from 1 to 255 characters')
    for character in FORBIDDEN_IN_NAMES:
        if character in name:
            raise refused(f'collection name cannot contain "{character}" char')
    if len(name.encode()) > 255:
        raise Refused(500, "Service internal error: Can't create directory")
    if name in collections:
        raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
    if name in aliases:
        raise wrong_input(f"Can't create collection with name {name}. Alias with the same name already exists")


def change_aliases(body):
    for action in body["actions"]:
        if "create_alias" in action:
            created = action["create_alias"]
            aliases[created["alias_name"]] = created["collection_name"]
        if "delete_alias" in action:
            aliases.pop(action["delete_alias"]["alias_name"], None)
    return True


def change_metadata(collection, body):
    for name, value in (body.get("metadata") or {}).items():
        if value is None:
            collection.metadata.pop(name, None)
        else:
            collection.metadata[name] = value
    return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it, a small answer waits for the acknowledgement of its head.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json"):
        content = body.encode() if isinstance(body, str) else json.dumps(body, allow_nan=False).encode()
        self.send_response(status)
        if content_type:
            self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def answer_request(self):
        began = time.time()
        length = int(self.headers.get("content-length") or 0)
        content = self.rfile.read(length)

        def failed(status, text):
            self.answer(status, {"status": {"error": text}, "time": time.time() - began})

        try:
            if self.answer_openly() or self.answer_locked():
                return
            if length > BODY_LIMIT:
                raise Refused(
                    400, f"JSON payload ({length} bytes) is larger than allowed (limit: {BODY_LIMIT} bytes)."
                )
            with lock:
                result = self.route(content)
            if result is None:
                self.answer(404, "", None)
            else:
                self.answer(200, {"result": result, "status": "ok", "time": time.time() - began})
        except Refused as refused:
            failed(refused.status, str(refused))
        except Exception as error:  # The engine has one kind of exception for all that it refuses.
            text = str(error)
            if re.match("Vector dim|Not existing", text):
                failed(400, "Wrong input: " + text)
            elif text.startswith("No point"):
                failed(404, "Not found: " + text)
            else:
                failed(500, "Service internal error: " + text)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = answer_request

    def answer_openly(self):
        """What needs no key."""
        plain = "text/plain; charset=utf-8"
        path = urlsplit(self.path).path
        if self.command != "GET":
            return False
        if path == "/":
            self.answer(200, {"title": "qdrant - vector search engine", "version": "1.19.0"})
        elif path in ("/healthz", "/livez"):
            self.answer(200, "healthz check passed", plain)
        elif path == "/readyz":
            self.answer(200, "all shards are ready", plain)
        else:
            return False
        return True

    def answer_locked(self):
        """Refuses a request without the right key."""
        if not options.api_key:
            return False
        key = self.headers.get("api-key") or (self.headers.get("authorization") or "").removeprefix("Bearer ")
        if not key:
            self.answer(401, "Must provide an API key or an Authorization bearer token", None)
            return True
        if key not in (options.api_key, options.read_only_key):
            self.answer(401, "Invalid API key or JWT", None)
            return True
        reading = self.command == "GET" or re.search("/(query|scroll|count)", urlsplit(self.path).path)
        if key == options.read_only_key and not reading:
            raise Refused(403, "Forbidden: Global manage access is required")
        return False

    def route(self, content):
        """The result of a request; None for a route that does not exist."""
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.split("/")[1:]]
        if parts[0] != "collections":
            return None
        if self.command == "GET" and len(parts) == 1:
            return {"collections": [{"name": name} for name in sorted(collections)]}
        body = {}
        if content:
            try:
                body = json.loads(content)
            except ValueError as error:
                text = str(error)
                raise bad_json("EOF while parsing a value" if "Expecting value" in text else text)
        if parts[1:] == ["aliases"]:
            return change_aliases(body)
        name, below = parts[1], "/".join(parts[2:])
        if not below and self.command == "PUT":
            check_new_name(name)
            collections[name] = Collection(body)
            return True
        if not below and self.command == "DELETE":
            removed = collections.pop(name, None)
            if removed is not None:
                removed.remove()
            return removed is not None
        if below == "exists" and self.command == "GET":
            return {"exists": name in collections or name in aliases}
        if (self.command, below) == ("PUT", "points/scroll"):
            return None
        collection = collections.get(aliases.get(name, name))
        if collection is None:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return self.route_collection(collection, parts[2:], body, parse_qs(url.query))

    def route_collection(self, collection, parts, body, parameters):
        below = "/".join(parts)
        if not below:
            if self.command == "GET":
                return collection.information()
            return change_metadata(collection, body) if self.command == "PATCH" else None
        wait = parameters.get("wait", ["false"])[0]
        if wait not in ("true", "false"):
            raise Refused(
                400, "Deserialize error in query parameters: provided string was not `true` or `false`"
            )
        if self.command == "POST" and below in reads:
            return reads[below](collection, body)
        if self.command == "POST" and below == "points/batch":
            return [
                run(collection, writes[name](collection, one), wait)
                for operation in body["operations"]
                for name, one in operation.items()
            ]
        write = point_writes.get((self.command, below))
        if write is not None:
            return run_write(collection, write, body, wait)
        if self.command == "GET" and len(parts) == 2 and parts[0] == "points":
            return read_point(collection, parts[1])
        if self.command == "PUT" and below == "index":
            return create_index(collection, body, wait)
        if self.command == "DELETE" and len(parts) == 2 and parts[0] == "index":
            collection.indexes.pop(parts[1], None)
            return run(collection, update(collection, edge.UpdateOperation.delete_field_index(parts[1])), wait)
        return None


def create_index(collection, body, wait):
    schema = body["field_schema"]
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind not in ("keyword", "integer", "float", "bool", "datetime", "uuid", "text", "geo"):
        raise bad_json(NO_VARIANT.format("PayloadFieldSchema"))
    field_type = getattr(edge.PayloadSchemaType, kind.capitalize())
    operation = edge.UpdateOperation.create_field_index(body["field_name"], field_type)
    done = run(collection, update(collection, operation), wait)
    collection.indexes[body["field_name"]] = kind
    return done


def run(collection, operation, wait):
    try:
        operation()
    except Exception:
        # Who does not wait does not hear of it.
        if wait == "true":
            raise
    collection.operations += 1
    return {"operation_id": collection.operations, "status": "completed" if wait == "true" else "acknowledged"}


def run_write(collection, name, body, wait):
    try:
        operation = writes[name](collection, body)
    except Refused as refused:
        if wait == "true" or "vector name" not in str(refused):
            raise
        return run(collection, lambda: None, wait)
    return run(collection, operation, wait)


class Server(ThreadingHTTPServer):
    daemon_threads = True


def main():
    server = Server((options.host, options.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    try:
        sys.stdin.buffer.read()
    finally:
        shutil.rmtree(root, ignore_errors=True)
        os._exit(0)


main()
