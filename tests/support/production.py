"""The least environment that production starts with; nothing in it can be reached."""

PRODUCTION = {
    "SECRET_KEY": "only-for-these-tests-" * 3,
    "ENCRYPTION_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMtISE=",
    "ALLOWED_HOSTS": "shop.example.com",
    "DATABASE_URL": "postgresql://roapp@127.0.0.1:1/roapp",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
