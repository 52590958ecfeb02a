"""A server and a client of gRPC with grpcio, whose messages are bytes."""

import json
import sys
import time
from concurrent import futures

import grpc


class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        method = details.method
        if method == "/test.Echo/Unary":
            return grpc.unary_unary_rpc_method_handler(self.unary)
        if method == "/test.Echo/Collect":
            return grpc.stream_unary_rpc_method_handler(lambda messages, _: b"".join(messages))
        if method == "/test.Echo/Repeat":
            return grpc.unary_stream_rpc_method_handler(
                lambda message, _: (message + b" %d" % i for i in range(100))
            )
        if method == "/test.Echo/Chat":
            return grpc.stream_stream_rpc_method_handler(lambda messages, _: messages)
        return None

    def unary(self, message, context):
        if message == b"fail":
            context.set_trailing_metadata((("x-tail", "t"),))
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "nicht möglich")
        if message == b"sleep":
            while context.is_active():
                time.sleep(0.02)
        return message


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    server.add_generic_rpc_handlers((Echo(),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


def status_of(call):
    try:
        return ["OK", call().decode()]
    except grpc.RpcError as error:
        return [error.code().name, error.details()]


def call(address, host, authority):
    with open(authority, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    options = [
        ("grpc.ssl_target_name_override", host),
        ("grpc.default_authority", host),
        ("grpc.enable_retries", 0),
    ]
    with grpc.secure_channel(address, credentials, options) as channel:
        unary = channel.unary_unary("/test.Echo/Unary")
        collect = channel.stream_unary("/test.Echo/Collect")
        repeat = channel.unary_stream("/test.Echo/Repeat")
        chat = channel.stream_stream("/test.Echo/Chat")
        parallel = [unary.future(b"%d" % i, timeout=20) for i in range(300)]
        print(
            json.dumps(
                {
                    "unary": status_of(lambda: unary(b"once", timeout=20)),
                    "large": len(unary(b"x" * 3_000_000, timeout=20)),
                    "collect": collect(iter([b"a", b"b", b"c"]), timeout=20).decode(),
                    "repeat": [message.decode() for message in repeat(b"n", timeout=20)][-1],
                    "chat": [message.decode() for message in chat(iter([b"1", b"2", b"3"]), timeout=20)],
                    "parallel": sum(int(one.result()) for one in parallel),
                    "failed": status_of(lambda: unary(b"fail", timeout=20)),
                    "late": status_of(lambda: unary(b"sleep", timeout=0.3))[0],
                    "unknown": status_of(lambda: channel.unary_unary("/test.Other/Any")(b"", timeout=20))[0],
                }
            )
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    elif len(sys.argv) == 5 and sys.argv[1] == "call":
        call(*sys.argv[2:])
    else:
        sys.exit("usage: serve | call ADDRESS HOST AUTHORITY-FILE")
