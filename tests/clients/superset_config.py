"""Settings of a Superset in one process, with its metadata in SQLite; for the tests alone."""
import os

SECRET_KEY = "for the tests alone, so that it may stand here"
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.environ["SUPERSET_METADATA"]
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
