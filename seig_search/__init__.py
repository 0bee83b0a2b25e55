"""seig-search: from one image to an editable Blender program, found by search."""

__version__ = "0.1.0"
