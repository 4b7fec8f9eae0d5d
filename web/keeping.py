"""Values worked out once, however many requests ask for them at the same time."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - a decorator, named as one
    """A property that is worked out when first asked for, then kept.

    Other threads that ask meanwhile wait for it. Its owner has a reentrant `lock`.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "once[T]": ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: Any, owner: type | None = None) -> "once[T] | T":
        if instance is None:
            return self
        with instance.lock:
            # kept under its own name: from then on Python finds it without asking here
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
            found: T = instance.__dict__[self._name]
            return found
