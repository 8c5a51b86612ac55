"""The pages: each exposes `layout(...)` and `register(app)`; modules with a leading underscore are their parts."""
