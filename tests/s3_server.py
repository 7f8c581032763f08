"""A server of object storage for the tests."""

from collections.abc import Iterator

import fsspec
import pytest


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of a server that speaks as S3 does, with a bucket."""
    pytest.importorskip("s3fs", reason="an extra (make extras)")
    server_module = pytest.importorskip("moto.server", reason="an extra (make extras)")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**keys, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
            patch.setenv(name, value)
        fsspec.filesystem("s3", skip_instance_cache=True).makedirs("bucket", exist_ok=True)
        yield f"http://{host}:{port}"
    server.stop()
