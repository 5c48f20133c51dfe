from tests.frozen import centre, clock

__all__ = ["centre", "clock"]
