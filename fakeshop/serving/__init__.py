"""What `manage.py serve` is made of: programs, their lock and ports, and the data of a demo."""
