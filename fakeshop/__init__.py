"""A Shopify of our own for tests, the demo and the benchmark. The application never imports it."""
