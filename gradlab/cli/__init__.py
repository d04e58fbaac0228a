"""The command ``gradlab``: each command is one file, loaded when asked for."""

__all__: list[str] = []
