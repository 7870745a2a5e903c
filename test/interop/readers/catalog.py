from pyiceberg.catalog.glue import GlueCatalog


def open_catalog(endpoint):
    """The local cloud's Glue and S3, as any client would configure them."""
    keys = {"access-key-id": "local", "secret-access-key": "local", "region": "us-east-1"}
    return GlueCatalog(
        "glue",
        **{"glue.endpoint": endpoint, "s3.endpoint": endpoint},
        **{f"{service}.{key}": value for service in ("glue", "s3", "client") for key, value in keys.items()},
    )
